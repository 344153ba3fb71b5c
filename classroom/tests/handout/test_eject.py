import os
import subprocess
import sys
import tomllib

import pytest

from classroom.handout.eject import LINK, EjectError, build, eject, main, new_folder
from classroom.ideas import ROOT, discover, find


def names(folder):
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def run(folder, *command):
    """Run Python in the folder as a learner would, whatever this test run has set."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "FLASK"))}
    inherited.pop("PYTHONPATH", None)
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**inherited, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def ejected(root, make_project, tmp_path):
    """A project as its own folder."""
    make_project("notes")
    eject(find("notes", root), tmp_path / "out", root)
    return tmp_path / "out"


def test_all_that_a_standalone_project_needs_is_there(ejected):
    assert names(ejected) >= {
        ".env.example",
        ".gitignore",
        "LICENSE",
        "README.md",
        "common/VENDORED.md",
        "common/__init__.py",
        "common/testing/__init__.py",
        "idea.toml",
        "notes/__init__.py",
        "notes/notes.py",
        "pyproject.toml",
        "requirements-test.txt",
        "requirements.txt",
        "tests/test_stories.py",
        "wsgi.py",
    }


def test_what_running_leaves_behind_stays_behind(root, make_project, tmp_path):
    folder = make_project("notes")
    for name in (
        "instance/notes.sqlite",
        ".env",
        "notes/__pycache__/notes.cpython-311.pyc",
        "notes/old.pyc",
        ".venv/pyvenv.cfg",
        ".pytest_cache/README.md",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("left behind")
    (folder / "passwords").symlink_to("/etc/passwd")

    eject(find("notes", root), tmp_path / "out", root)

    assert not [file for file in (tmp_path / "out").rglob("*") if file.is_symlink()]
    assert "left behind" not in {
        file.read_text() for file in (tmp_path / "out").rglob("*") if file.is_file()
    }


def test_in_a_git_repository_what_git_ignores_stays_behind(root, make_project, tmp_path):
    folder = make_project("notes")
    subprocess.run(["git", "init", "-q", str(root)], check=True)  # noqa: S607
    (root / ".gitignore").write_text("*.big\n")
    (folder / "dump.big").write_text("large")
    (folder / "new_and_not_added_yet.txt").write_text("small")

    eject(find("notes", root), tmp_path / "out", root)

    assert "dump.big" not in names(tmp_path / "out")
    assert "new_and_not_added_yet.txt" in names(tmp_path / "out")


def test_requirements_are_flat_with_the_extras_that_the_project_asks_for(
    root, make_project, tmp_path
):
    folder = make_project("notes")
    (folder / "requirements.txt").write_text("-e ../../../common[jobs]  # a queue\n\npillow>=11\n")

    eject(find("notes", root), tmp_path / "out", root)

    lines = (tmp_path / "out/requirements.txt").read_text().splitlines()
    project = tomllib.loads((ROOT / "common/pyproject.toml").read_text())["project"]
    assert set(project["dependencies"]) <= set(lines)
    assert set(project["optional-dependencies"]["jobs"]) <= set(lines)
    assert "pillow>=11" in lines
    assert not [line for line in lines if line.startswith("-") or ".." in line]


def test_without_extras_the_queue_is_not_required(ejected):
    assert "rq" not in (ejected / "requirements.txt").read_text()


@pytest.mark.parametrize("line", ["-r other.txt", "-e ../../../common[magic]", "-e ../elsewhere"])
def test_a_requirement_that_cannot_be_taken_along_is_named(root, make_project, tmp_path, line):
    (make_project("notes") / "requirements.txt").write_text(line + "\n")

    with pytest.raises(EjectError, match=r"other\.txt|magic|elsewhere"):
        eject(find("notes", root), tmp_path / "out", root)

    assert not (tmp_path / "out").exists()


def test_run_it_is_what_holds_in_the_new_folder(ejected):
    text = (ejected / "README.md").read_text()

    section = text.partition("## Run it\n")[2].partition("\n## ")[0]
    assert "pip install -r requirements.txt" in section
    assert "projects/" not in text
    assert "nox" not in text
    assert text.index("## What it does") < text.index("## Run it") < text.index("## Try it")


def test_lines_for_the_repository_only_are_gone(ejected):
    text = (ejected / "README.md").read_text()

    assert "for the repository" not in text
    assert "repository only" not in text


def test_links_follow_what_they_link_to(ejected):
    text = (ejected / "README.md").read_text()

    assert "[notes.py](notes/notes.py)" in text
    assert "[common](common/__init__.py)" in text
    assert "[Run it](#run-it)" in text
    assert "\nelsewhere, and" in text


def test_the_note_tells_where_common_comes_from(ejected):
    assert "common/src/common" in (ejected / "common/VENDORED.md").read_text()


def test_the_vendored_library_is_the_one_that_is_used(ejected):
    result = run(ejected, "-c", "import common; print(common.__file__)")

    assert result.stdout.strip() == str(ejected / "common/__init__.py")


def test_the_command_line_of_the_project_works_there(ejected):
    result = run(ejected, "-m", "flask", "seed")

    assert (result.returncode, result.stdout) == (0, "Added 1 row.\n"), result.stderr
    assert (ejected / "instance/notes.txt").exists()


def test_the_tests_of_the_project_pass_there(ejected):
    result = run(ejected, "-m", "pytest", "-p", "no:cacheprovider")

    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout


def test_the_tests_find_the_library_when_pytest_is_called_by_its_own_name(ejected):
    program = "import sys; sys.path.remove(''); import pytest; sys.exit(pytest.main(['-q']))"

    assert run(ejected, "-c", program).returncode == 0


def test_the_test_settings_are_those_of_the_repository():
    here = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
    there = tomllib.loads((ROOT / "templates/eject/pyproject.toml").read_text())["tool"]["pytest"]

    for name in ("minversion", "addopts", "strict", "filterwarnings"):
        assert there[name] == here[name], name


@pytest.mark.parametrize("content", ["file.txt", ".hidden"])
def test_a_folder_with_something_in_it_is_refused_and_kept(root, make_project, tmp_path, content):
    make_project("notes")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / content).write_text("mine")

    with pytest.raises(EjectError, match="is not empty"):
        eject(find("notes", root), tmp_path / "out", root)

    assert names(tmp_path / "out") == {content}


def test_an_empty_folder_and_a_deep_new_one_are_taken(root, make_project, tmp_path):
    make_project("notes")
    (tmp_path / "empty").mkdir()

    for target in (tmp_path / "empty", tmp_path / "not/yet/there"):
        eject(find("notes", root), target, root)
        assert (target / "wsgi.py").exists()


def test_the_current_folder_is_refused(root, make_project, tmp_path, monkeypatch):
    make_project("notes")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    with pytest.raises(EjectError, match="current folder"):
        eject(find("notes", root), tmp_path / "here", root)


def test_a_failure_half_way_leaves_nothing(root, make_project, tmp_path):
    (make_project("notes") / "README.md").unlink()

    with pytest.raises(FileNotFoundError):
        eject(find("notes", root), tmp_path / "out", root)

    assert [path.name for path in tmp_path.iterdir()] == ["repository"]


def test_something_that_came_in_meanwhile_is_not_overwritten(tmp_path):
    target = tmp_path / "out"
    target.mkdir()

    with pytest.raises(OSError, match="not empty"), new_folder(target):
        (target / "theirs").touch()

    assert names(tmp_path) == {"out/theirs"}


def test_a_project_keeps_its_own_gitignore(root, make_project, tmp_path):
    (make_project("notes") / ".gitignore").write_text("mine\n")

    eject(find("notes", root), tmp_path / "out", root)

    assert (tmp_path / "out/.gitignore").read_text() == "mine\n"


def test_the_command_takes_a_project_out(root, make_project, tmp_path, capsys):
    make_project("notes")

    assert main(["notes", str(tmp_path / "out")], root) == 0
    assert "README.md" in capsys.readouterr().out


def test_an_unknown_idea_is_a_usage_error_with_near_names(root, make_project, tmp_path, capsys):
    make_project("notes")

    assert main(["note", str(tmp_path / "out")], root) == 2
    assert "Did you mean notes?" in capsys.readouterr().err


def test_a_full_folder_is_a_failure_of_the_command(root, make_project, capsys):
    make_project("notes")

    assert main(["notes", str(root)], root) == 1
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("idea", discover(), ids=lambda idea: idea.slug)
def test_the_readme_of_each_project_is_true_when_it_stands_alone(idea, tmp_path):
    build(idea, tmp_path)

    text = (tmp_path / "README.md").read_text("utf-8")
    for link in LINK.finditer(text):
        assert (tmp_path / link["to"]).exists(), f"{link[0]} leads nowhere"
    for trace in ("projects/", "nox ", "../"):
        assert trace not in text, (
            f"README.md still says {trace!r}; mark it <!-- repository only -->"
        )
