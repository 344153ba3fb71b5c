"""What is wrong in an ``idea.toml``, and between those of a repository."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from .records import Idea

TOTAL_POINTS = 100

# JSON Schema takes 2.0 for an integer; TOML tells the two apart, and so do we.
_Validator = validators.extend(  # type: ignore[no-untyped-call]  # its stub has no types
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``idea.toml``."""
    file = Path(__file__).with_name("idea.schema.json")
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def schema_problems(data: dict[str, Any]) -> Iterator[str]:
    """Yield what the schema refuses, each with its place."""
    errors = _Validator(schema()).iter_errors(data)
    for error in sorted(errors, key=lambda error: error.json_path):
        place = error.json_path.removeprefix("$").removeprefix(".")
        message = _message(error)
        yield f"{place}: {message}" if place else message


def _message(error: ValidationError) -> str:
    """Say in words what a pattern wants; the other messages of jsonschema are clear."""
    if error.validator == "pattern" and isinstance(error.schema, dict):
        return f"{error.instance!r} does not fit: {error.schema['description']}"
    return error.message


def house_problems(data: dict[str, Any], folder: Path) -> Iterator[str]:
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


def prerequisite_problems(
    ideas: Sequence[Idea], root: Path, elsewhere: Collection[str] = ()
) -> Iterator[str]:
    """Yield prerequisites that nobody can read before: missing, harder, or in a circle.

    ``elsewhere`` are names that may be missing in ``ideas``.
    """
    levels = {idea.slug: idea.level for idea in ideas}
    for idea in ideas:
        name = (idea.folder / "idea.toml").relative_to(root).as_posix()
        for slug in _slugs(idea.prerequisites):
            if slug not in levels and slug not in elsewhere:
                yield f"{name}: prerequisites: there is no project {slug!r}"
            elif levels.get(slug, 0) > idea.level:
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
