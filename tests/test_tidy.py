"""A run that leaves files behind fails, and only that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT

LEAVES = "def test_it():\n    open('left.txt', 'w').close()\n"
CHANGES = "def test_it():\n    open('tracked.txt', 'a').write('more')\n"
CLEAN = (
    "def test_it(tmp_path):\n    tmp_path.joinpath('x').touch()\n    open('x.pyc', 'w').close()\n"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a working tree with one file, and with .pyc files ignored."""
    (tmp_path / "tracked.txt").touch()
    (tmp_path / ".gitignore").write_text("*.pyc\n__pycache__/\n.pytest_cache/\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(tree: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=tree, check=True)  # noqa: S607  # from the PATH


def commit(tree: Path) -> None:
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "x")


def run(tree: Path, *options: str) -> tuple[int, str]:
    """Run pytest with the plugin; return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.tidy", *options],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("code", "left", "options"),
    [(LEAVES, "?? left.txt", []), (CHANGES, " M tracked.txt", ["-p", "xdist.plugin", "-n", "2"])],
    ids=["new", "changed, by one of several workers"],
)
def test_run_that_leaves_something_behind_fails(
    tree: Path, code: str, left: str, options: list[str]
) -> None:
    (tree / "test_it.py").write_text(code)
    commit(tree)
    exit_code, said = run(tree, *options)
    assert (exit_code, left in said) == (1, True), said


def test_run_that_leaves_nothing_behind_passes(tree: Path) -> None:
    (tree / "test_it.py").write_text(CLEAN)
    commit(tree)
    exit_code, said = run(tree)
    assert exit_code == 0, said


def test_changes_of_somebody_at_work_are_no_failure(tree: Path) -> None:
    (tree / "test_it.py").write_text(LEAVES)
    exit_code, said = run(tree)
    assert exit_code == 0, said


def test_without_a_repository_nothing_is_checked(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(LEAVES)
    exit_code, said = run(tmp_path)
    assert exit_code == 0, said
