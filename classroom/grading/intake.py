"""Take a submission in: what of it is laid over a fresh starter.

Taken is what is below the project's package, and nothing else; what was left out is noted for
teacher and student.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from classroom.ideas import Idea
from classroom.repository import Refused

from .entries import Entry
from .unpack import read

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
SHOWN = 5  # names in a note


@dataclass(frozen=True)
class Taken:
    """What was taken of a submission; with a ``reason`` it cannot be graded."""

    digest: str
    notes: tuple[str, ...]
    reason: str = ""


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
        is_configuration = PurePosixPath(path).name in CONFIGURATION
        if path.startswith(package) and not is_configuration:
            taken[inside] = content
        elif _is_news(starter, inside, content):
            others.append(f"{inside} (configuration)" if is_configuration else inside)
    _lay(taken, starter, idea.slug, target)
    return Taken(_digest(taken), (*entry.notes, *_notes(root, others)))


def _root(files: dict[str, bytes], slug: str) -> str:
    """Return the folder that holds the package: the top, or the only folder there with a "/"."""
    tops = set()
    inner = set()
    for path in files:
        first, _, rest = path.partition("/")
        tops.add(first)
        if first == slug and rest:
            return ""
        if rest.startswith(f"{slug}/"):
            inner.add(f"{first}/")
    if len(inner) == 1:
        return inner.pop()
    raise Refused(f"There is no folder {slug} in it. {_where_else(files, tops, slug)}")


def _where_else(files: Iterable[str], tops: set[str], slug: str) -> str:
    """Say where the package is, or what is there instead."""
    deeper = sorted(path for path in files if f"/{slug}/" in path)
    if deeper:
        place, _, _ = deeper[0].rpartition(f"/{slug}/")
        return f"It is deeper down: {place}/."
    if tops:
        return f"At the top: {_list(sorted(tops))}."
    return "There is nothing in it."


def _is_news(starter: Path, path: str, content: bytes) -> bool:
    """Tell whether a file that is not taken differs from what students were given."""
    same = starter / path
    return not (same.is_file() and same.read_bytes() == content)


def _lay(taken: dict[str, bytes], starter: Path, slug: str, target: Path) -> None:
    shutil.copytree(starter / slug, target / slug)
    for path, content in taken.items():
        file = target / path
        for parent in file.parents:
            if parent.is_file():
                parent.unlink()  # a module has become a package
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
        digest.update(b"%d %d\n" % (len(name), len(content)))
        digest.update(name)
        digest.update(content)
    return digest.hexdigest()


def _notes(root: str, others: list[str]) -> Iterator[str]:
    if root:
        yield f"Unwrapped from the folder {root.rstrip('/')}."
    if "requirements.txt" in others:
        yield "Its requirements.txt differs: it was graded with the libraries of the task."
    if others:
        yield f"Left out: {_list(sorted(others))}."


def _list(names: list[str]) -> str:
    text = ", ".join(names[:SHOWN])
    more = len(names) - SHOWN
    if more > 0:
        text += f" and {more} more"
    return text
