"""What a project reads from the environment, and what .env.example says about it."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource

from common.settings import Settings

from .room import Room

VARIABLE = re.compile(r"(?:# ?)?([A-Z][A-Z0-9_]*)=(.*)")  # one may be commented out


def every_variable_is_explained(room: Room) -> Iterator[str]:
    """Find a variable that only the settings know, only .env.example, or without a comment."""
    known = {name.upper() for name in settings_of(room).model_fields}
    listed: set[str] = set()
    before = ""
    for line in room.text(".env.example").splitlines():
        if found := VARIABLE.fullmatch(line):
            name = found[1]
            if name not in known:
                yield f".env.example: nothing reads {name}; take it out, or add it to Settings."
            if name in listed:
                yield f".env.example: names {name} twice."
            if not before.startswith("#") or VARIABLE.fullmatch(before):
                yield f".env.example: {name} needs a comment in the line above it."
            listed.add(name)
        elif line and not line.startswith("#"):
            yield f".env.example: {line!r} is neither NAME=value nor a comment."
        before = line
    for name in sorted(known - listed):
        yield f".env.example: lacks {name}, which the application reads."


def example_values_are_valid(room: Room) -> Iterator[str]:
    """Find a value in .env.example with which the application would not start."""
    lines = room.text(".env.example").splitlines()
    values = [f"{found[1]}={found[2]}" for line in lines if (found := VARIABLE.fullmatch(line))]
    settings = settings_of(room)
    with tempfile.NamedTemporaryFile("w", suffix=".env", encoding="utf-8") as file:
        file.write("\n".join(values))
        file.flush()
        read = DotEnvSettingsSource(settings, env_file=Path(file.name))()
    for problem in invalid(settings, read):
        yield f".env.example: {problem}."


def invalid(settings: type[Settings], values: Mapping[str, object]) -> Iterator[str]:
    """Yield what the settings refuse, of values by name in any case."""
    given = {name.lower(): value for name, value in values.items()}
    known: dict[str, Any] = {name: given[name] for name in settings.model_fields if name in given}
    try:
        settings(**known)
    except ValidationError as error:
        for problem in error.errors():
            yield f"{str(problem['loc'][0]).upper()}: {problem['msg']}"


def settings_of(room: Room) -> type[Settings]:
    """Return the project's class of settings."""
    settings: type[Settings] = room.app.extensions["common_settings"]
    return settings


RULES = (every_variable_is_explained, example_values_are_valid)
