"""The ideas: those that are built, read from ``idea.toml``, and those that are planned.

``discover`` finds what is built, ``floors`` puts it into the order of the catalogue
together with what is planned, ``find`` looks one idea up by its name.
"""

import difflib
import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from .checks import TOTAL_POINTS, house_problems, prerequisite_problems, schema, schema_problems
from .records import Category, Floor, Idea, Planned, Story, Visibility

__all__ = [
    "ROOT",
    "TOTAL_POINTS",
    "Category",
    "Floor",
    "Idea",
    "IdeaError",
    "Planned",
    "Story",
    "UnknownIdeaError",
    "Visibility",
    "categories",
    "discover",
    "find",
    "floors",
    "load",
    "planned",
    "prerequisite_problems",
    "schema",
]

ROOT = Path(__file__).resolve().parents[2]
"""The repository that holds this package."""


class IdeaError(Exception):
    """Some ``idea.toml`` is not as it must be; the message names every file and place."""


class UnknownIdeaError(LookupError):
    """No built idea has this name; the message tells which ones come near."""


@cache
def categories() -> tuple[Category, ...]:
    """Return the categories in the order of the catalogue."""
    return tuple(Category(**entry) for entry in _plan()["categories"])


@cache
def planned() -> tuple[Planned, ...]:
    """Return every planned idea, whether built by now or not, in the order of the catalogue."""
    return tuple(Planned(**entry) for entry in _plan()["ideas"])


def load(file: Path, root: Path = ROOT) -> Idea:
    """Read one ``idea.toml``; raise ``IdeaError`` that lists all that is wrong in it."""
    name = file.relative_to(root).as_posix()
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IdeaError(f"{name}: {error}") from None
    problems = list(schema_problems(data))
    if not problems:
        problems = list(house_problems(data, file.parent))
    if problems:
        raise IdeaError("\n".join(f"{name}: {problem}" for problem in problems))
    stories = []
    for story in data["stories"]:
        visibility = Visibility(story["visibility"])
        stories.append(Story(story["id"], story["text"], story["points"], visibility))
    return Idea(
        slug=data["slug"],
        title=data["title"],
        summary=data["summary"],
        category=data["category"],
        level=data["level"],
        minutes=data["minutes"],
        concepts=tuple(data["concepts"]),
        prerequisites=tuple(data["prerequisites"]),
        stories=tuple(stories),
        stubs=tuple(data["stubs"]),
        folder=file.parent,
    )


def discover(root: Path = ROOT) -> list[Idea]:
    """Return all built ideas, in the order of the catalogue; new ones end their category.

    Raises ``IdeaError`` with the problems of all files at once.
    """
    ideas: list[Idea] = []
    problems: list[str] = []
    for file in sorted(root.glob("projects/*/*/idea.toml")):
        try:
            ideas.append(load(file, root))
        except IdeaError as error:
            problems.append(str(error))
    for slug, times in Counter(idea.slug for idea in ideas).items():
        if times > 1:
            problems.append(f"projects: {times} projects are called {slug!r}; names are unique")
    if not problems:  # else it is not known which ideas there are
        in_plan = {entry.slug for entry in planned()}  # who has one folder alone lacks others
        problems = list(prerequisite_problems(ideas, root, in_plan))
    if problems:
        raise IdeaError("\n".join(problems))
    return sorted(ideas, key=_place)


def _place(idea: Idea) -> tuple[int, int, str]:
    """Return where in the catalogue an idea is: its floor, its number in the plan, its name."""
    floor = [category.slug for category in categories()].index(idea.category)
    in_plan = [entry.slug for entry in planned()]
    if idea.slug in in_plan:
        return floor, in_plan.index(idea.slug), idea.slug
    return floor, len(in_plan), idea.slug


def floors(root: Path = ROOT) -> list[Floor]:
    """Return the categories with their ideas, built ones in place of the planned ones."""
    new = {idea.slug: idea for idea in discover(root)}
    entries: list[Idea | Planned] = []
    for entry in planned():
        entries.append(new.pop(entry.slug, entry))
    entries += new.values()
    found = []
    for category in categories():
        of_it = [entry for entry in entries if entry.category == category.slug]
        found.append(Floor(category, tuple(of_it)))
    return found


def find(name: str, root: Path = ROOT) -> Idea:
    """Return the built idea of this name; raise ``UnknownIdeaError`` that suggests others."""
    built = {idea.slug: idea for idea in discover(root)}
    if name in built:
        return built[name]
    if name in {entry.slug for entry in planned()}:
        raise UnknownIdeaError(f"{name!r} is planned, but not built yet. Built: {_list(built)}.")
    near = difflib.get_close_matches(name.lower().replace("-", "_"), built, cutoff=0.5)
    hint = f"There are: {_list(built)}."
    if near:
        hint = f"Did you mean {_list(near, 'or')}?"
    raise UnknownIdeaError(f"There is no idea {name!r}. {hint}")


@cache
def _plan() -> dict[str, Any]:
    file = Path(__file__).with_name("planned.toml")
    return tomllib.loads(file.read_text("utf-8"))


def _list(names: Iterable[str], last: str = "and") -> str:
    *first, end = list(names) or ["none"]
    if not first:
        return end
    return f"{', '.join(first)} {last} {end}"
