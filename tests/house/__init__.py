"""The house rules: what every project has alike, each rule a function of one project.

A rule takes a ``Room`` and yields findings: plain sentences that say where and what to do. It
knows no project by name, and there are no exceptions.
"""

from collections.abc import Callable, Iterator

from . import (
    alike,
    api,
    code,
    commands,
    generated,
    growth,
    layout,
    locks,
    pages,
    readme,
    settings,
    size,
    stories,
)
from .room import ROOT, Room, rooms

__all__ = ["ROOT", "RULES", "Room", "findings", "rooms"]

Rule = Callable[[Room], Iterator[str]]

MODULES = (
    layout,
    size,
    code,
    alike,
    locks,
    settings,
    generated,
    stories,
    api,
    growth,
    pages,
    readme,
    commands,
)
RULES: dict[str, Rule] = {rule.__name__: rule for module in MODULES for rule in module.RULES}


def findings(room: Room) -> list[str]:
    """Return all that is wrong with a project."""
    return [finding for rule in RULES.values() for finding in rule(room)]
