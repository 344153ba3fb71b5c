"""The ideas: those that are built, read from ``idea.toml``, and those that are planned.

``discover`` finds what is built, ``floors`` puts it into the order of the catalogue
together with what is planned, ``find`` looks one idea up by its name.
"""

import difflib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

ROOT = Path(__file__).resolve().parent.parent
"""The repository that holds this package."""

TOTAL_POINTS = 100

_HERE = Path(__file__).resolve().parent

# JSON Schema takes 2.0 for an integer; TOML tells the two apart, and so do we.
_Validator = validators.extend(  # type: ignore[no-untyped-call]  # its stub has no types
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


class IdeaError(Exception):
    """Some ``idea.toml`` is not as it must be; the message names every file and place."""


class UnknownIdeaError(LookupError):
    """No built idea has this name; the message tells which ones come near."""


class Visibility(StrEnum):
    """When students see the tests of a story."""

    VISIBLE = "visible"
    AFTER_DUE = "after_due"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Story:
    """A promise of the project, tested and worth points."""

    id: str
    text: str
    points: int
    visibility: Visibility


@dataclass(frozen=True)
class Idea:
    """A project that is built; ``folder`` is where, ``stubs`` are what students write."""

    slug: str
    title: str
    summary: str
    category: str
    level: int
    minutes: int
    concepts: tuple[str, ...]
    prerequisites: tuple[str, ...]
    stories: tuple[Story, ...]
    stubs: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Planned:
    """An idea that nobody has built yet."""

    slug: str
    title: str
    category: str
    summary: str


@dataclass(frozen=True)
class Category:
    """One of the nine groups of ideas."""

    slug: str
    title: str
    summary: str


@dataclass(frozen=True)
class Floor:
    """A category with its ideas in the order of the catalogue."""

    category: Category
    entries: tuple[Idea | Planned, ...]


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``idea.toml``."""
    loaded: dict[str, Any] = json.loads((_HERE / "idea.schema.json").read_text("utf-8"))
    return loaded


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
    problems = [*_schema_problems(data)] or [*_house_problems(data, file.parent)]
    if problems:
        raise IdeaError("\n".join(f"{name}: {problem}" for problem in problems))
    return Idea(
        slug=data["slug"],
        title=data["title"],
        summary=data["summary"],
        category=data["category"],
        level=data["level"],
        minutes=data["minutes"],
        concepts=tuple(data["concepts"]),
        prerequisites=tuple(data["prerequisites"]),
        stories=tuple(
            Story(story["id"], story["text"], story["points"], Visibility(story["visibility"]))
            for story in data["stories"]
        ),
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
        problems = [*_prerequisite_problems(ideas, root)]
    if problems:
        raise IdeaError("\n".join(problems))
    order = {slug: place for place, slug in enumerate(entry.slug for entry in planned())}
    floor = {category.slug: place for place, category in enumerate(categories())}
    return sorted(
        ideas, key=lambda idea: (floor[idea.category], order.get(idea.slug, len(order)), idea.slug)
    )


def floors(root: Path = ROOT) -> list[Floor]:
    """Return the categories with their ideas, built ones in place of the planned ones."""
    built = discover(root)
    by_slug = {idea.slug: idea for idea in built}
    names = {entry.slug for entry in planned()}
    entries: list[Idea | Planned] = [by_slug.get(entry.slug, entry) for entry in planned()]
    entries += [idea for idea in built if idea.slug not in names]
    return [
        Floor(category, tuple(entry for entry in entries if entry.category == category.slug))
        for category in categories()
    ]


def find(name: str, root: Path = ROOT) -> Idea:
    """Return the built idea of this name; raise ``UnknownIdeaError`` that suggests others."""
    built = {idea.slug: idea for idea in discover(root)}
    if name in built:
        return built[name]
    if name in {entry.slug for entry in planned()}:
        raise UnknownIdeaError(f"{name!r} is planned, but not built yet. Built: {_list(built)}.")
    near = difflib.get_close_matches(name.lower().replace("-", "_"), built, cutoff=0.5)
    hint = f"Did you mean {_list(near, 'or')}?" if near else f"There are: {_list(built)}."
    raise UnknownIdeaError(f"There is no idea {name!r}. {hint}")


@cache
def _plan() -> dict[str, Any]:
    return tomllib.loads((_HERE / "planned.toml").read_text("utf-8"))


def _schema_problems(data: dict[str, Any]) -> Iterator[str]:
    for error in sorted(_Validator(schema()).iter_errors(data), key=lambda error: error.json_path):
        place = error.json_path.removeprefix("$").removeprefix(".")
        yield f"{place}: {_message(error)}" if place else _message(error)


def _message(error: ValidationError) -> str:
    """Say in words what a pattern wants; the other messages of jsonschema are clear."""
    if error.validator == "pattern" and isinstance(error.schema, dict):
        return f"{error.instance!r} does not fit: {error.schema['description']}"
    return error.message


def _house_problems(data: dict[str, Any], folder: Path) -> Iterator[str]:
    """Yield what a schema cannot say: agreement with the folder, sums, doubles."""
    if data["slug"] != folder.name:
        yield f"slug: is {data['slug']!r}, but the folder is called {folder.name!r}"
    if data["category"] != folder.parent.name:
        yield f"category: is {data['category']!r}, but the folder is in {folder.parent.name!r}"
    points = sum(story["points"] for story in data["stories"])
    if points != TOTAL_POINTS:
        yield f"stories: their points add up to {points}, not to {TOTAL_POINTS}"
    for story, times in Counter(story["id"] for story in data["stories"]).items():
        if times > 1:
            yield f"stories: the id {story!r} is used {times} times"


def _prerequisite_problems(ideas: list[Idea], root: Path) -> Iterator[str]:
    """Yield prerequisites that nobody can read before: missing, harder, or in a circle."""
    levels = {idea.slug: idea.level for idea in ideas}
    for idea in ideas:
        name = (idea.folder / "idea.toml").relative_to(root).as_posix()
        for slug in _slugs(idea.prerequisites):
            if slug not in levels:
                yield f"{name}: prerequisites: there is no project {slug!r}"
            elif levels[slug] > idea.level:
                yield (
                    f"{name}: prerequisites: {slug!r} has level {levels[slug]}, "
                    f"and this project only {idea.level}"
                )
    before = {idea.slug: _slugs(idea.prerequisites) for idea in ideas}
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        circle = error.args[1]
        yield f"projects: prerequisites in a circle: {', '.join(circle)}"


def _slugs(prerequisites: tuple[str, ...]) -> list[str]:
    """Return those that name a project; others say in plain words what to know."""
    pattern = schema()["properties"]["slug"]["pattern"]
    return [entry for entry in prerequisites if re.fullmatch(pattern, entry)]


def _list(names: Iterable[str], last: str = "and") -> str:
    *first, end = [*names] or ["none"]
    return f"{', '.join(first)} {last} {end}" if first else end
