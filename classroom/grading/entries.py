"""Who handed in what.

A submission is whatever lies in the teacher's folder: see ``unpack`` for its form. Its name tells
the student, in the way of Moodle, Canvas and Gradescope too.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from .unpack import ARCHIVES

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+).*", re.S)
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_\d+_.+", re.S)
GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
BESIDE = {".csv", ".html", ".json", ".md", ".txt", ".xlsx", ".yml"}
"""Files that learning platforms and teachers put beside submissions."""


@dataclass(frozen=True)
class Entry:
    """What one student handed in, not yet looked at."""

    student: str
    """Unique in the class: the name of the file or folder, without the platform's numbers."""
    name: str
    platform_id: str
    source: Path
    notes: tuple[str, ...] = ()


def entries(folder: Path) -> list[Entry]:
    """Return the submissions in ``folder``, ordered by student."""
    found = []
    for path in sorted(folder.iterdir()):
        entry = _entry(path)
        if entry is not None:
            found.append(entry)
    often = Counter(entry.student for entry in found)
    told_apart = [_told_apart(entry) if often[entry.student] > 1 else entry for entry in found]
    return sorted(told_apart, key=lambda entry: entry.student)


def _told_apart(entry: Entry) -> Entry:
    """Return an entry of a student who has another one."""
    return replace(
        entry,
        student=f"{entry.student} ({entry.source.name})",
        notes=(*entry.notes, "The same student handed in more than once."),
    )


def _entry(path: Path) -> Entry | None:
    """Read a name; None for files that lie beside submissions."""
    stem = _without_ending(path.name)
    if stem == path.name and _lies_beside(path):
        return None
    moodle = MOODLE.fullmatch(stem)
    if moodle is not None:
        if moodle["kind"] != "file":  # a text or a comment
            return None
        return Entry(moodle["name"], moodle["name"], moodle["id"], path)
    canvas = CANVAS.fullmatch(stem)
    if canvas is not None:
        notes = ("Handed in late, says Canvas.",) if canvas["late"] else ()
        return Entry(canvas["name"], "", canvas["id"], path, notes)
    gradescope = GRADESCOPE.fullmatch(stem)
    if gradescope is not None:
        return Entry(stem, "", gradescope["id"], path)
    return Entry(stem, "", "", path)


def _without_ending(name: str) -> str:
    """Return the name of an archive or a repository without what says that it is one."""
    for ending in (*ARCHIVES, ".git"):
        stem = name[: -len(ending)]
        if name.lower().endswith(ending) and stem:
            return stem
    return name


def _lies_beside(path: Path) -> bool:
    if path.name.startswith("."):
        return True
    return path.suffix.lower() in BESIDE and path.is_file()
