"""Read the files of a stranger's git repository without running anything that it says.

A repository can name programs: hooks, filters, a file system monitor. So its configuration is never
read: git looks at its objects alone, from an empty repository of ours. Which commit is meant we
read ourselves.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
LISTING = 2**24  # bytes


class Refused(Exception):
    """The submission cannot be read; the message says why, for the student."""


class Entry(NamedTuple):
    """What git has under a path."""

    path: str
    mode: str
    read: Callable[[int], bytes]
    """Gives the content, so many bytes of it at most."""


def files_at_head(repository: Path) -> Iterator[Entry]:
    """Yield the entries of the commit that HEAD names. Raises Refused."""
    git = shutil.which("git")
    if git is None:
        raise Refused("It is a git repository, and git is not installed here.")
    objects = repository / "objects"
    if objects.is_symlink() or (objects / "info/alternates").exists():
        raise Refused("It is a git repository whose objects lie elsewhere.")
    commit = _head(repository)
    with tempfile.TemporaryDirectory() as clean:
        for name in ("objects", "refs"):
            Path(clean, name).mkdir()
        Path(clean, "HEAD").write_text("ref: refs/heads/none\n", "ascii")
        place = {"GIT_DIR": clean, "GIT_OBJECT_DIRECTORY": str(objects.resolve())}
        ask = partial(_ask, git, place)
        listing = ask(["ls-tree", "-r", "-z", "--full-tree", commit], LISTING)
        for entry in listing.split(b"\0")[:-1]:
            about, _, path = entry.partition(b"\t")
            mode, _, name = about.decode("ascii").split()
            read = partial(ask, ["cat-file", "blob", name])
            yield Entry(path.decode(errors="replace"), mode, read)


def _ask(git: str, place: dict[str, str], arguments: list[str], most: int) -> bytes:
    environment = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "PATH": os.defpath,
    }
    with subprocess.Popen(
        [git, *arguments],
        env={**environment, **place},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        found = b""
        if process.stdout is not None:
            found = process.stdout.read(most)
        process.kill()  # the rest does not matter
    return found


def _head(repository: Path) -> str:
    text = _read(repository / "HEAD", 1000)
    if text.startswith("ref: "):
        reference = text.removeprefix("ref: ")
        if not re.fullmatch(r"refs/[\w./-]+", reference) or ".." in reference:
            raise Refused("HEAD of the git repository names no branch.")
        text = _read(repository / reference, 1000) or _packed(repository, reference)
    if not COMMIT.fullmatch(text):
        raise Refused("The git repository has no commit.")
    return text


def _packed(repository: Path, reference: str) -> str:
    """Return the commit of a reference that has no file of its own."""
    for line in _read(repository / "packed-refs", LISTING).splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return ""


def _read(file: Path, most: int) -> str:
    if file.is_symlink() or not file.is_file():
        return ""
    with file.open(encoding="ascii", errors="replace") as stream:
        return stream.read(most).strip()
