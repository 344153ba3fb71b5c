"""One project as the rules see it. What is expensive is found out once, when it is asked for."""

import ast
import re
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from flask import Flask

from classroom.handout.files import is_leftover
from common.describe.openapi import document
from common.testing.backend import InProcess

ROOT = Path(__file__).resolve().parents[2]


@cache
def rooms(root: Path = ROOT) -> tuple["Room", ...]:
    """Return every project there is: each folder on a floor that holds more than leftovers."""
    folders = sorted(path for path in root.glob("projects/*/*") if path.is_dir())
    return tuple(room for room in map(Room, folders) if room.files)


@cache
def queue_folder() -> tempfile.TemporaryDirectory[str]:
    """Return the folder for the queue of all applications that run in this process."""
    return tempfile.TemporaryDirectory(prefix="queue-", ignore_cleanup_errors=True)


class Room:
    """A project's folder and what is known of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slug = folder.name

    def __str__(self) -> str:
        return self.slug

    @cached_property
    def files(self) -> list[str]:
        """The paths of its files inside the folder, without what running it has left behind."""
        inside = [file.relative_to(self.folder) for file in self.folder.rglob("*")]
        return sorted(
            path.as_posix()
            for path in inside
            if (self.folder / path).is_file() and not is_leftover(path)
        )

    def text(self, name: str) -> str:
        """Return what is in a file; nothing if there is no such file."""
        file = self.folder / name
        return file.read_text("utf-8") if file.is_file() else ""

    def tree(self, name: str) -> ast.Module:
        """Return a Python file, parsed."""
        return ast.parse(self.text(name), name)

    @cached_property
    def code(self) -> list[str]:
        """The Python files of its package."""
        return [name for name in self.files if re.fullmatch(rf"{self.slug}/.*\.py", name)]

    @cached_property
    def tests(self) -> list[str]:
        """The files of its tests."""
        return [name for name in self.files if re.fullmatch(r"tests/test_\w+\.py", name)]

    @cached_property
    def idea(self) -> dict[str, Any]:
        """What its idea.toml says, right or wrong; nothing if it cannot be read at all."""
        try:
            return {"title": "", "summary": "", "stubs": [], "stories": []} | tomllib.loads(
                self.text("idea.toml")
            )
        except tomllib.TOMLDecodeError:
            return {}

    @contextmanager
    def running(self, **settings: str) -> Iterator[InProcess]:
        """Run the application in this process, on data of its own."""
        with tempfile.TemporaryDirectory() as folder:
            backend = InProcess(self.slug, Path(folder), settings, Path(queue_folder().name))
            try:
                yield backend
            finally:
                backend.release()

    @cached_property
    def app(self) -> Flask:
        """The application, to look at: its data are gone."""
        with self.running() as backend:
            return backend.app

    @cached_property
    def document(self) -> dict[str, Any]:
        """Its OpenAPI document."""
        return document(self.app)

    @cached_property
    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The described operations by (METHOD, path), without those that every application has."""
        return {
            (method.upper(), path): operation
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            if operation["tags"] != ["about"]
        }
