"""Numbers that several processes count and any of them can read, in files of one folder.

A server has several worker processes, and a scrape reaches just one of them. So each process writes
its numbers into a file of its own, and whoever is asked adds up all files of the folder.

Who may write which file? There are files 0, 1, 2 …, and whoever owns one holds a lock on it. A new
process takes the first free file. The kernel frees the lock of a process that ends, however it
ends, so a file of the dead is taken over by the next process, which counts on where the dead one
was. Nothing is lost, nothing is counted twice, and there are never more files than there were
processes at one time.

A number is counted in memory first and then written. On a full disk the write is an `OSError`, and
the number is in memory alone until there is room. (The files of prometheus_client's own
multiprocess mode are mapped into memory: there a full disk ends the process, by SIGBUS.)
"""

import fcntl
import itertools
import json
import os
import struct
import weakref
from collections.abc import Iterator
from functools import cache
from io import FileIO
from pathlib import Path
from threading import Lock

# A number and the key of its series. A block of a disk holds so many whole records: each is written
# in one piece or not at all, and who reads meanwhile has the old number or the new one.
RECORD = struct.Struct("<d504s")
LONGEST_KEY = 504


class SharedNumbers:
    """The numbers of this process, and those of all.

    A process that forks does so before it counts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failure: OSError | None = None  # why numbers are in memory alone
        self._mutex = Lock()
        self._numbers: dict[str, float] = {}
        self._places: dict[str, int] = {}  # in the file: 0, 1, 2 …
        self._file: FileIO | None = None
        self._path: Path | None = None

    def add(self, name: str, amount: float, **labels: str) -> None:
        """Add ``amount`` to one series; with 0 the series is only made."""
        key = key_of(name, tuple(labels.items()))
        with self._mutex:  # reading and writing is two steps
            if amount == 0 and key in self._numbers:
                return
            self._numbers[key] = self._numbers.get(key, 0.0) + amount
            try:
                file = self._file or self._take_file()
                self._write(file, key)  # first: one that has its place needs no room
                if self.failure is not None:
                    for other in self._numbers:
                        self._write(file, other)
                self.failure = None
            except OSError as error:
                self.failure = error

    def totals(self) -> dict[str, float]:
        """Return the sums of all processes, by key; gauges are those of the living."""
        with self._mutex:
            totals = dict(self._numbers)
            own = self._path
        for path in self.folder.glob("*.numbers"):
            if path == own:
                continue
            with path.open("r+b", buffering=0) as file:
                found = list(records(file))
                is_owned = not lock(file, fcntl.LOCK_SH)
            for key, number in found:
                if is_owned or not is_gauge(key):
                    totals[key] = totals.get(key, 0.0) + number
        return totals

    def _write(self, file: FileIO, key: str) -> None:
        place = self._places.get(key, len(self._places))
        record = RECORD.pack(self._numbers[key], key.encode())
        os.pwrite(file.fileno(), record, place * RECORD.size)
        self._places[key] = place

    def _take_file(self) -> FileIO:
        """Take the first free file, and count on from what is in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for place in itertools.count():
            path = self.folder / f"{place}.numbers"
            path.touch()
            file = path.open("r+b", buffering=0)
            if lock(file, fcntl.LOCK_EX):
                break
            file.close()
        weakref.finalize(self, file.close)
        for key, number in records(file):
            self._places[key] = len(self._places)
            self._numbers.setdefault(key, 0.0)
            if not is_gauge(key):
                self._numbers[key] += number
        self._file = file
        self._path = path
        for key in self._places:
            self._write(file, key)
        return file


@cache  # there are not many: see `metrics.labels`
def key_of(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    """Return the key of a series: its name and its labels as JSON, which is ASCII."""
    key = json.dumps([name, dict(labels)], sort_keys=True)
    if len(key) > LONGEST_KEY:
        raise ValueError(f"too long for a series: {key}")
    return key


def is_gauge(key: str) -> bool:
    """Tell whether a series says what is now: of a process that has ended it says nothing."""
    name, _ = json.loads(key)
    return not name.endswith(("_total", "_sum", "_bucket"))


def lock(file: FileIO, kind: int) -> bool:
    """Lock a file, and tell whether that was possible."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def records(file: FileIO) -> Iterator[tuple[str, float]]:
    """Yield what is in a file: keys and numbers."""
    content = file.read()
    whole = len(content) // RECORD.size * RECORD.size
    for number, key in RECORD.iter_unpack(content[:whole]):
        yield key.rstrip(b"\0").decode(), number
