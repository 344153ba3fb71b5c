"""Take submissions in: who handed in what, and which of it is laid over a fresh starter.

A submission is whatever lies in the teacher's folder: see ``unpack`` for its form. Its name tells
the student, in the way of Moodle, Canvas and Gradescope too. Taken is what is below the project's
package, and nothing else; what was left out is noted for teacher and student.
"""

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from classroom.ideas import Idea
from classroom.repository import Refused

from .unpack import ARCHIVES, read

# Settings of tools, and modules that Python or pytest would import by themselves.
CONFIGURATION = {
    "conftest.py",
    "pyproject.toml",
    "pytest.ini",
    "pytest.toml",
    "setup.cfg",
    "sitecustomize.py",
    "tox.ini",
    "usercustomize.py",
}
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+).*", re.S)
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_\d+_.+", re.S)
GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
BESIDE = {".csv", ".html", ".json", ".md", ".txt", ".xlsx", ".yml"}
"""Files that learning platforms and teachers put beside submissions."""
SHOWN = 5  # names in a note


@dataclass(frozen=True)
class Entry:
    """What one student handed in, not yet looked at."""

    student: str
    """Unique in the class: the name of the file or folder, without the platform's numbers."""
    name: str
    platform_id: str
    source: Path
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What was taken of a submission; with a ``reason`` it cannot be graded."""

    digest: str
    notes: tuple[str, ...]
    reason: str = ""


def entries(folder: Path) -> list[Entry]:
    """Return the submissions in ``folder``, ordered by student."""
    found = [entry for path in sorted(folder.iterdir()) if (entry := _entry(path))]
    often = Counter(entry.student for entry in found)
    return sorted(
        (
            Entry(
                f"{entry.student} ({entry.source.name})",
                entry.name,
                entry.platform_id,
                entry.source,
                (*entry.notes, "The same student handed in more than once."),
            )
            if often[entry.student] > 1
            else entry
            for entry in found
        ),
        key=lambda entry: entry.student,
    )


def _entry(path: Path) -> Entry | None:
    """Read a name; None for files that lie beside submissions."""
    stem = path.name
    for ending in (*ARCHIVES, ".git"):
        if stem.lower().endswith(ending) and stem[: -len(ending)]:
            stem = stem[: -len(ending)]
            break
    else:
        if path.name.startswith(".") or (path.suffix.lower() in BESIDE and path.is_file()):
            return None
    if match := MOODLE.fullmatch(stem):
        if match["kind"] != "file":  # a text or a comment
            return None
        return Entry(match["name"], match["name"], match["id"], path)
    if match := CANVAS.fullmatch(stem):
        notes = ("Handed in late, says Canvas.",) if match["late"] else ()
        return Entry(match["name"], "", match["id"], path, notes)
    if match := GRADESCOPE.fullmatch(stem):
        return Entry(stem, "", match["id"], path)
    return Entry(stem, "", "", path)


def take(entry: Entry, idea: Idea, starter: Path, target: Path) -> Taken:
    """Make ``target`` the package of a fresh starter with the submission's files over it."""
    try:
        contents = read(entry.source)
        root = _root(contents.files, idea.slug)
    except Refused as error:
        digest = hashlib.sha256(str(error).encode(errors="replace")).hexdigest()
        return Taken(digest, entry.notes, str(error))
    package = f"{root}{idea.slug}/"
    taken: dict[str, bytes] = {}
    others: list[str] = [*contents.left_out]
    for path, content in contents.files.items():
        inside = path.removeprefix(root)
        if PurePosixPath(path).name in CONFIGURATION:
            same = starter / inside
            if not (same.is_file() and same.read_bytes() == content):
                others.append(f"{inside} (configuration)")
        elif path.startswith(package):
            taken[inside] = content
        elif _is_news(starter, inside, content):
            others.append(inside)
    _lay(taken, starter, idea.slug, target)
    return Taken(_digest(taken), (*entry.notes, *_notes(root, others)))


def _root(files: dict[str, bytes], slug: str) -> str:
    """Return the folder that holds the package: the top, or the only folder there with a "/"."""
    if any(path.startswith(f"{slug}/") for path in files):
        return ""
    tops = {path.partition("/")[0] for path in files}
    inner = [top for top in tops if any(path.startswith(f"{top}/{slug}/") for path in files)]
    if len(inner) == 1:
        return f"{inner[0]}/"
    deeper = sorted(path for path in files if f"/{slug}/" in path)
    where = f"It is deeper down: {deeper[0].rpartition(f'/{slug}/')[0]}/." if deeper else ""
    at_top = f"At the top: {_list(sorted(tops))}." if tops else "There is nothing in it."
    raise Refused(f"There is no folder {slug} in it. {where or at_top}")


def _is_news(starter: Path, path: str, content: bytes) -> bool:
    """Tell whether a file that is not taken differs from what students were given."""
    same = starter / path
    return not (same.is_file() and same.read_bytes() == content)


def _lay(taken: dict[str, bytes], starter: Path, slug: str, target: Path) -> None:
    shutil.copytree(starter / slug, target / slug)
    for path, content in taken.items():
        file = target / path
        for parent in reversed(file.relative_to(target).parents):
            if (target / parent).is_file():
                (target / parent).unlink()  # a module has become a package
        if file.is_dir():
            shutil.rmtree(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for made in (target, *target.rglob("*")):
        made.chmod(0o755 if made.is_dir() else 0o644)  # another user will read it


def _digest(taken: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in sorted(taken.items()):
        name = path.encode(errors="surrogateescape")
        digest.update(b"%d %d\n" % (len(name), len(content)) + name + content)
    return digest.hexdigest()


def _notes(root: str, others: list[str]) -> Iterator[str]:
    if root:
        yield f"Unwrapped from the folder {root.rstrip('/')}."
    if "requirements.txt" in others:
        yield "Its requirements.txt differs: it was graded with the libraries of the task."
    if others:
        yield f"Left out: {_list(sorted(others))}."


def _list(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
