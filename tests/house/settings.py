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


def every_setting_is_explained(room: Room) -> Iterator[str]:
    """Find a setting without a description, which is its comment in .env.example."""
    for name, field in settings_of(room).model_fields.items():
        if not field.description:
            yield f"settings: {name} needs Field(…, description=…)."


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


RULES = (every_setting_is_explained, example_values_are_valid)
