"""Take a project out as a folder of its own: ``python -m classroom.handout.eject IDEA DIR``.

The folder has the project's files, ``common`` copied in beside its package, and one flat
``requirements.txt``. In the README the section *Run it* is written anew, lines between
``<!-- repository only -->`` and ``<!-- end -->`` go, and links follow what they link to.

``build`` fills a folder and ``new_folder`` makes it appear whole or not at all: a starter is
the same with some files changed.
"""

import argparse
import posixpath
import re
import secrets
import shutil
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classroom.ideas import ROOT, Idea, IdeaError, UnknownIdeaError, find
from classroom.render import render

from .files import COMMON, ask_git, common_files, project_files

MADE = {  # templates, and the files that they become
    "eject/requirements.txt": "requirements.txt",
    "eject/requirements-test.txt": "requirements-test.txt",
    "eject/VENDORED.md": "common/VENDORED.md",
}
MADE_IF_MISSING = {  # a project may have its own
    "eject/pyproject.toml": "pyproject.toml",
    "eject/gitignore": ".gitignore",
}

REPOSITORY_ONLY = re.compile(
    r"^<!-- repository only -->\n.*?^<!-- end -->\n+", re.DOTALL | re.MULTILINE
)
RUN_IT = re.compile(r"^## Run it\n.*?(?=^## )", re.DOTALL | re.MULTILINE)
LINK = re.compile(
    r"(?P<mark>!?)\[(?P<text>[^\]]*)\]\((?P<to>(?!\w+:|#)[^)\s#]+)(?P<anchor>#[^)\s]*)?\)"
)
PATH_INSTALL = re.compile(r"-e \.\./\.\./\.\./common(?:\[(?P<extras>[\w, -]+)\])?")


class EjectError(Exception):
    """The project cannot be taken out, or not to there; the message says why."""


def eject(idea: Idea, target: Path, root: Path = ROOT) -> None:
    """Make ``target`` the standalone project. It must not exist yet, or be empty."""
    with new_folder(target) as folder:
        build(idea, folder, root)


def build(idea: Idea, folder: Path, root: Path = ROOT) -> None:
    """Fill an empty folder with the standalone project."""
    _copy_files(idea, folder, root)
    extras, own = requirements(idea)
    values = {
        "idea": idea,
        "extras": sorted(extras),
        "own": own,
        "shared": common_requirements(root, extras),
        "for_tests": testing_requirements(root),
        "revision": ask_git(root, "rev-parse", "--short", "HEAD") or None,
    }
    for template, name in MADE.items():
        _write(folder / name, render(template, **values))
    for template, name in MADE_IF_MISSING.items():
        if not (folder / name).exists():
            _write(folder / name, render(template, **values))
    readme = folder / "README.md"
    run_it = render("eject/run_it.md", **values)
    _write(readme, standalone_readme(readme.read_text("utf-8"), run_it, idea, folder, root))


def _copy_files(idea: Idea, folder: Path, root: Path) -> None:
    for file in project_files(idea, root):
        _copy(file, folder / file.relative_to(idea.folder))
    for file in common_files(root):
        _copy(file, folder / "common" / file.relative_to(root / COMMON))
    licence = root / "LICENSE"
    if licence.exists():
        _copy(licence, folder / "LICENSE")


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes ``target`` when the block ends well, else vanishes."""
    target = target.resolve()
    if target == Path.cwd().resolve():
        raise EjectError("DIR is the current folder. Name one that is not there yet.")
    if target.exists() and not _is_empty_folder(target):
        raise EjectError(f"{target} is not empty. Nothing was changed.")
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    folder.mkdir()
    try:
        yield folder
        if target.exists():
            target.rmdir()  # fails, as it should, when something has come in since
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def requirements(idea: Idea) -> tuple[frozenset[str], list[str]]:
    """Return the extras of common that the project asks for, and its own requirements."""
    text = (idea.folder / "requirements.txt").read_text("utf-8")
    extras: set[str] = set()
    own: list[str] = []
    for line in text.splitlines():
        without_comment = line.partition(" #")[0]
        path_install = PATH_INSTALL.fullmatch(without_comment.strip())
        if path_install is not None:
            extras.update(re.findall(r"[\w-]+", path_install["extras"] or ""))
        elif line.startswith("-"):
            raise EjectError(f"{idea.slug}/requirements.txt: cannot take along the line {line!r}")
        elif line.strip():
            own.append(line.strip())
    return frozenset(extras), own


def common_requirements(root: Path, extras: frozenset[str]) -> list[str]:
    """Return what common itself needs with these extras, from its ``pyproject.toml``."""
    project = _toml(root / "common/pyproject.toml")["project"]
    optional = project.get("optional-dependencies", {})
    unknown = extras - set(optional)
    if unknown:
        raise EjectError(f"common has no extra {', '.join(sorted(unknown))}")
    found = set(project["dependencies"])
    for extra in extras:
        found.update(optional[extra])
    return sorted(found, key=str.lower)


def testing_requirements(root: Path) -> list[str]:
    """Return what the tests of any one project need: a dependency group of the repository."""
    group: list[str] = _toml(root / "pyproject.toml")["dependency-groups"]["project-tests"]
    return group


def standalone_readme(text: str, run_it: str, idea: Idea, folder: Path, root: Path) -> str:
    """Return the README as it is true in ``folder``, which has all its other files already."""
    here = idea.folder.relative_to(root).as_posix()

    def follow(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(here, link["to"]))
        inside = None
        if path.startswith(f"{here}/"):
            inside = path.removeprefix(f"{here}/")
        elif path.startswith(f"{COMMON}/"):
            inside = "common/" + path.removeprefix(f"{COMMON}/")
        if inside is None or not (folder / inside).exists():
            return link["text"]
        anchor = link["anchor"] or ""
        return f"{link['mark']}[{link['text']}]({inside}{anchor})"

    text = REPOSITORY_ONLY.sub("", text)
    text = RUN_IT.sub(lambda _: f"## Run it\n\n{run_it.strip()}\n\n", text)
    return LINK.sub(follow, text)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _write(file: Path, text: str) -> None:
    file.write_text(text, "utf-8", newline="\n")


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.handout.eject",
        description="Copy one project into a folder of its own that needs nothing from here: "
        "package, tests, the shared library beside it, one flat requirements.txt.",
        epilog="Exit code: 0 done, 1 it could not be done, 2 wrong usage or no such idea.",
    )
    parser.add_argument("idea", metavar="IDEA", help="name of the project, such as recipes")
    parser.add_argument("target", metavar="DIR", type=Path, help="a folder that is new or empty")
    options = parser.parse_args(arguments)
    try:
        eject(find(options.idea, root), options.target, root)
    except UnknownIdeaError as error:
        print(error, file=sys.stderr)
        return 2
    except (IdeaError, EjectError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.idea} is in {options.target}. How to start it is in its README.md.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
