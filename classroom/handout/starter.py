"""Make what students start from: ``python -m classroom.handout.starter IDEA OUT``.

A starter is the ejected project in which the functions that ``idea.toml`` names have kept their
signature and docstring and lost their body. It keeps the tests of visible stories alone, and its
README is the task sheet. It boots: what is missing raises ``NotImplementedError`` when it is used.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from classroom.ideas import ROOT, Idea, IdeaError, UnknownIdeaError, Visibility, find
from classroom.render import render

from . import eject
from .cutting import StarterError, only_stories, stub, what_is_wanted

SECTION = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!## ).*\n?)*)", re.MULTILINE)
KEPT_SECTIONS = ("What you learn", "Endpoints", "Out of scope")
OF_MAINTAINERS = ("tests/slips.toml", "tests/naive.toml")  # they quote the solution
OF_GITHUB = {  # templates, and where they go
    "starter/classroom50.py": ".github/classroom50.py",
    "starter/workflow.yml": ".github/workflows/story-tests.yml",
}


class Task(NamedTuple):
    """A function for students to write, where it is, and what it is to do."""

    name: str
    file: str
    wanted: str


def make_starter(idea: Idea, target: Path, root: Path = ROOT) -> None:
    """Make ``target`` the folder for students. It must not exist yet, or be empty."""
    with eject.new_folder(target) as folder:
        build(idea, folder, root)


def build(idea: Idea, folder: Path, root: Path = ROOT) -> None:
    """Fill an empty folder with the starter."""
    eject.build(idea, folder, root)
    tasks = [_cut(folder / idea.slug, name) for name in idea.stubs]
    for test in sorted(folder.glob("tests/test_*.py")):
        if test.name != "test_stories.py":
            test.unlink()  # unit tests know how the solution is built
    for name in OF_MAINTAINERS:
        (folder / name).unlink(missing_ok=True)
    _hide_stories(idea, folder / "tests/test_stories.py")
    _write_task_sheet(idea, tasks, folder / "README.md")
    for template, name in OF_GITHUB.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(render(template, idea=idea), "utf-8")


def _cut(package: Path, name: str) -> Task:
    """Stub one function."""
    module, _, function = name.partition(".")
    file = package / f"{module}.py"
    source = file.read_text("utf-8")
    file.write_text(stub(source, function, name), "utf-8")
    place = file.relative_to(package.parent)
    return Task(name, place.as_posix(), what_is_wanted(source, function, name))


def _hide_stories(idea: Idea, file: Path) -> None:
    shown = set()
    for story in idea.stories:
        if story.visibility is Visibility.VISIBLE:
            shown.add(story.id)
    source = file.read_text("utf-8")
    file.write_text(only_stories(source, shown), "utf-8")


def _write_task_sheet(idea: Idea, tasks: Sequence[Task], readme: Path) -> None:
    sections = {}
    for section in SECTION.finditer(readme.read_text("utf-8")):
        sections[section["title"]] = section["text"].strip()
    text = render(
        "starter/README.md",
        idea=idea,
        tasks=tasks,
        sections=sections,
        kept=KEPT_SECTIONS,
    )
    readme.write_text(text, "utf-8")


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.handout.starter",
        description="Make the folder that students start from: the project without the functions "
        "that they write, with the tests of visible stories, and the task sheet as README.",
        epilog="Exit code: 0 done, 1 it could not be done, 2 wrong usage or no such idea.",
    )
    parser.add_argument("idea", metavar="IDEA", help="name of the project, such as url_shortener")
    parser.add_argument("target", metavar="OUT", type=Path, help="a folder that is new or empty")
    options = parser.parse_args(arguments)
    try:
        make_starter(find(options.idea, root), options.target, root)
    except UnknownIdeaError as error:
        print(error, file=sys.stderr)
        return 2
    except (IdeaError, StarterError, eject.EjectError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.idea} is in {options.target}, for students. Its README.md is the task sheet.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
