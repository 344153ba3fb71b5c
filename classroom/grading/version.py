"""Which grader this is: a hash of all that a grade depends on besides the submission."""

import hashlib
import sys
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path

from classroom.handout.files import common_files, project_files
from classroom.ideas import ROOT, Idea

from .sandbox import Limits

# Not reports, journal, table and queue: they change no grade.
SOURCES = (
    "grading/alone.py",
    "grading/backend.py",
    "grading/box",
    "grading/boxed.py",
    "grading/boxes.py",
    "grading/entries.py",
    "grading/findings.py",
    "grading/grading.ini",
    "grading/intake.py",
    "grading/results.py",
    "grading/run.py",
    "grading/sandbox",
    "grading/servers.py",
    "grading/telling.py",
    "grading/unpack.py",
    "handout",
    "repository.py",
)


def version(idea: Idea, limits: Limits, *, unsafe: bool) -> str:
    """Return the hash for one idea."""
    libraries = sorted(f"{library.name} {library.version}" for library in distributions())
    found = hashlib.sha256()
    found.update(f"{sys.version} {libraries} {limits} {unsafe}".encode())
    for name in SOURCES:
        path = ROOT / "classroom" / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        _add(found, ROOT, files)
    _add(found, ROOT, common_files())
    _add(found, idea.folder, project_files(idea))
    return found.hexdigest()


def _add(found: "hashlib._Hash", root: Path, files: Iterable[Path]) -> None:
    for file in files:
        name = file.relative_to(root).as_posix()
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{name} {content}\n".encode(errors="replace"))
