"""Read a submission, whatever it comes in, into memory: folder, .zip, .tar.gz or git repository.

Nothing is written and nothing is run: archives are not extracted, git gives single objects without
the repository's configuration. Only regular files are read; what comes from running a project
(``.venv``, ``.git``, ``__pycache__`` …) is passed over before it counts. What is over is over: a
limit ends the reading with ``Refused``, which is the submission's end and nobody else's.
"""

import gzip
import io
import os
import stat
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from classroom import repository
from classroom.handout.files import is_leftover
from classroom.repository import Refused

ARCHIVES = (".zip", ".tar.gz", ".tgz")
MAX_FILES = 500
MAX_BYTES = 20 * 2**20
MAX_SEEN = 50_000
"""Entries that may be passed over, such as those of a forgotten virtual environment."""
MAX_UNPACKED = 512 * 2**20
"""Bytes that are unpacked at most, passed over or not."""
MAX_NAME = 200  # bytes
BARE_REPOSITORY = {"HEAD", "objects", "refs"}


@dataclass
class Contents:
    """The files of a submission by their path, with notes about what is not among them."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    _bytes: int = 0
    _seen: int = 0

    def wants(self, name: str) -> bool:
        """Tell whether to read the entry called ``name``; count it anyway."""
        self._seen += 1
        if self._seen > MAX_SEEN:
            raise Refused(f"It has more than {MAX_SEEN:,} entries.")
        path = PurePosixPath(name)
        if is_leftover(path) or "__MACOSX" in path.parts:
            if path.suffix == ".pyc" and "__pycache__" not in path.parts:
                self.left_out.append(f"{name} (compiled)")
            return False
        is_inside = not path.is_absolute() and ".." not in path.parts
        if not is_inside or "\0" in name or _length(name) > MAX_NAME:
            self.left_out.append(f"{name[:MAX_NAME]} (not a proper path)")
            return False
        return True

    def add(self, name: str, stream: Any) -> None:
        """Read a file that is wanted."""
        content = stream.read(MAX_BYTES - self._bytes + 1)
        self._bytes += len(content)
        if self._bytes > MAX_BYTES:
            raise Refused(f"Its files are larger than {MAX_BYTES // 2**20} MB.")
        self.files[str(PurePosixPath(name))] = content
        if len(self.files) > MAX_FILES:
            raise Refused(f"It has more than {MAX_FILES} files.")

    def not_regular(self, name: str) -> None:
        """Note a link, a device or whatever else is no file."""
        self.left_out.append(f"{name} (not a regular file)")


def _length(name: str) -> int:
    return len(name.encode(errors="surrogatepass"))


def read(source: Path) -> Contents:
    """Read a submission. Raises Refused."""
    contents = Contents()
    try:
        _read(source, contents)
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001  # readers of archives raise whatever they like
        raise Refused(f"It cannot be read: {type(error).__name__}: {error}"[:300]) from None
    return contents


def _read(source: Path, contents: Contents) -> None:
    mode = source.lstat().st_mode
    if stat.S_ISDIR(mode):
        _read_folder(source, contents)
    elif not stat.S_ISREG(mode):
        raise Refused("It is a link or a device, neither a folder nor a file.")
    elif source.name.lower().endswith(".zip"):
        _read_zip(source, contents)
    elif source.name.lower().endswith(ARCHIVES):
        _read_tar(source, contents)
    else:
        raise Refused(f"It is no folder, no {' or '.join(ARCHIVES)} and no git repository.")


def _read_folder(folder: Path, contents: Contents) -> None:
    names = [entry.name for entry in folder.iterdir()]
    if BARE_REPOSITORY.issubset(names):
        _read_repository(folder, contents)
    elif names == [".git"]:
        _read_repository(folder / ".git", contents)
    elif len(names) == 1 and names[0].lower().endswith(ARCHIVES):
        _read(folder / names[0], contents)  # the learning platform's folder around an archive
    else:
        _walk(folder, contents)


def _read_repository(folder: Path, contents: Contents) -> None:
    for entry in repository.files_at_head(folder):
        if not contents.wants(entry.path):
            continue
        if entry.mode.startswith("100"):
            content = entry.read(MAX_BYTES + 1)
            contents.add(entry.path, io.BytesIO(content))
        else:
            contents.not_regular(entry.path)


def _walk(folder: Path, contents: Contents) -> None:
    for place, folders, files in os.walk(folder):
        here = Path(place)
        for name in list(folders):
            inner = here / name
            path = inner.relative_to(folder).as_posix()
            if not contents.wants(path):
                folders.remove(name)
            elif inner.is_symlink():
                contents.not_regular(path)
        for name in files:
            file = here / name
            path = file.relative_to(folder).as_posix()
            if contents.wants(path):
                _read_file(file, path, contents)


def _read_file(file: Path, path: str, contents: Contents) -> None:
    if not stat.S_ISREG(file.lstat().st_mode):
        contents.not_regular(path)
        return
    # Not all systems have these; who has put a link or a pipe there meanwhile gains nothing.
    flags = os.O_RDONLY
    flags |= getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(file, flags), "rb") as stream:
        contents.add(path, stream)


def _read_zip(archive: Path, contents: Contents) -> None:
    with archive.open("rb") as file:
        _check_directory(file)
        with zipfile.ZipFile(file) as opened:
            for entry in opened.infolist():
                name = entry.filename.replace("\\", "/")
                if entry.is_dir() or not contents.wants(name):
                    continue
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if kind not in (0, stat.S_IFREG):
                    contents.not_regular(name)
                    continue
                with opened.open(entry) as stream:
                    contents.add(name, stream)


def _check_directory(file: io.BufferedReader) -> None:
    """Refuse a list of entries that would fill the memory when it is read."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - 66_000))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    size = 0
    if place >= 0:
        size = int.from_bytes(tail[place + 12 : place + 16], "little")
    if size > MAX_SEEN * 200:
        raise Refused(f"It has more than {MAX_SEEN:,} entries.")
    file.seek(0)


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than ``MAX_UNPACKED`` bytes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found: bytes = self._stream.read(size)
        self._given += len(found)
        if self._given > MAX_UNPACKED:
            raise Refused(f"It is larger than {MAX_UNPACKED // 2**20} MB when unpacked.")
        return found


def _read_tar(archive: Path, contents: Contents) -> None:
    with gzip.open(archive) as stream, tarfile.open(fileobj=_Bounded(stream), mode="r|") as opened:
        for member in opened:
            if member.isdir() or not contents.wants(member.name):
                continue
            file = opened.extractfile(member) if member.isreg() else None
            if file is None:
                contents.not_regular(member.name)
            else:
                contents.add(member.name, file)
