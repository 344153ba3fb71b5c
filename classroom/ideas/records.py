"""What is known of an idea."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


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
