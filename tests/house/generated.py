"""What is made, not written: ``.env.example`` and the README's list of stories.

``python -m tests.house generate`` writes both for every project; with ``--check`` it only says
which are stale. ``.env.example`` comes from the class Settings, the list from ``idea.toml``.
"""

import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from common.settings import Settings

from .room import ROOT, Room, rooms
from .settings import settings_of

WIDTH = 100
HEAD = "Copy this file to .env: `flask run` reads it. Everything has a default in development."
STORIES = "## What it does\n"
NEXT_HEADING = re.compile(r"^## ", re.MULTILINE)


def generated_parts_are_fresh(room: Room) -> Iterator[str]:
    """Find what differs from what would be made now."""
    for name, text in generated(room).items():
        if room.text(name) != text:
            line = first_difference(room.text(name).splitlines(), text.splitlines())
            yield f"{name}: is stale from line {line} on. Run: nox -s catalogue"


def first_difference(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the number of the first line that two texts do not share, from 1."""
    for number, (one, other) in enumerate(zip(old, new, strict=False), start=1):
        if one != other:
            return number
    return min(len(old), len(new)) + 1


def generated(room: Room) -> dict[str, str]:
    """Return the texts of the files that are made, in whole or in part."""
    stories = [story["text"] for story in room.idea["stories"]]
    return {
        ".env.example": env_example(settings_of(room)),
        "README.md": with_stories(room.text("README.md"), stories),
    }


def env_example(settings: type[Settings]) -> str:
    """Return an example of an environment: each variable with its description and default."""
    parts = [comment(HEAD)]
    for name, field in settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        parts.append(f"{comment(field.description or '')}{name.upper()}={as_value(default)}\n")
    return "\n".join(parts)


def comment(text: str) -> str:
    """Return a text as lines of comment."""
    lines = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def as_value(default: Any) -> str:
    """Return a default as it is written in the environment."""
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(int(default))
    return str(default)


def with_stories(readme: str, stories: Sequence[str]) -> str:
    """Return a README with these stories under "What it does"; the same if it has no such place."""
    before, heading, rest = readme.partition(STORIES)
    after = NEXT_HEADING.search(rest)
    if not heading or after is None:
        return readme
    listed = "".join(f"- {story}\n" for story in stories)
    return f"{before}{heading}\n{listed}\n{rest[after.start() :]}"


def refresh(root: Path = ROOT, *, is_check: bool = False) -> int:
    """Write what is stale, or only say so; return the exit code, 1 for a check that found some."""
    stale = [
        (room.folder / name, text)
        for room in rooms(root)
        for name, text in generated(room).items()
        if room.text(name) != text
    ]
    for file, text in stale:
        if is_check:
            print(f"{file.relative_to(root)} is stale. Run: nox -s catalogue", file=sys.stderr)
        else:
            file.write_text(text, "utf-8")
            print(f"{file.relative_to(root)} is written.")
    if not stale:
        print("The examples of settings and the lists of stories are fresh.")
    return 1 if stale and is_check else 0


RULES = (generated_parts_are_fresh,)
