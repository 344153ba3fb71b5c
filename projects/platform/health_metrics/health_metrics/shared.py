"""Numbers that several processes count and any of them can read, in files of one folder.

A server has several worker processes, and a scrape reaches just one of them. So each process counts
in files of its own (memory-mapped: a count is no system call), and whoever is asked adds up all
files of the folder. The files are those of prometheus_client's multiprocess mode, written and read
by its code. Its environment variable is not used: it would be one for the whole Python process, and
so would the numbers of all applications in it.

Who may write which file? There are places 0, 1, 2 …, each with a lock file that its owner holds. A
new process takes the first free place. The kernel frees the lock of a process that ends, however
it ends, so a place of the dead is taken over by the next process, which counts on where the dead
one was. Nothing is lost, nothing is counted twice, and there are never more files than there were
processes at one time.
"""

import fcntl
import itertools
import os
import weakref
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import IO, NamedTuple

from prometheus_client.mmap_dict import MmapedDict, mmap_key

# prometheus_client reads off a file's name what is in it. "livesum": the sum of the living.
KINDS = ("counter", "histogram", "gauge_livesum")


class Family(NamedTuple):
    """A metric: its type, one of `KINDS`, its name and its explanation."""

    kind: str
    name: str
    help: str


class SharedFiles:
    """The files of this process, opened with the first count, and the paths of those of all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = Lock()
        self._process: int | None = None
        self._files: dict[str, MmapedDict] = {}
        self._open: list[IO[str] | MmapedDict] = []
        weakref.finalize(self, _close, self._open)

    def add(self, family: Family, suffix: str, amount: float, **labels: str) -> None:
        """Add ``amount`` to one series of ``family``; with 0 the series is only made."""
        key = _key(family, suffix, tuple(labels.items()))
        with self._mutex:  # reading and writing is two steps
            if self._process != os.getpid():  # the first count, or the first one after a fork
                self._take_place()
            file = self._files[family.kind]
            before, _ = file.read_value(key)  # type: ignore[no-untyped-call]  # so is the library
            file.write_value(key, before + amount, 0.0)  # type: ignore[no-untyped-call]

    def paths(self) -> list[str]:
        """Return the files to add up: of counters all, of gauges those of living processes."""
        files = [path for path in self.folder.glob("*.db") if path.stat().st_size]
        return [str(it) for it in files if not it.name.startswith("gauge") or _is_owned(it)]

    def _take_place(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for place in itertools.count():
            lock = (self.folder / f"{place}.lock").open("a")
            self._open.append(lock)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                lock.close()
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)  # for whoever looks for the owner
        paths = {kind: self.folder / f"{kind}_{place}.db" for kind in KINDS}
        for kind, path in paths.items():
            self._files[kind] = MmapedDict(str(path))  # type: ignore[no-untyped-call]
        gauges = self._files["gauge_livesum"]
        for key, *_ in gauges.read_all_values():  # type: ignore[no-untyped-call]
            gauges.write_value(key, 0.0, 0.0)  # type: ignore[no-untyped-call]  # were of the dead
        self._open += self._files.values()
        self._process = os.getpid()


def _is_owned(path: Path) -> bool:
    """Tell whether a process holds the place of this file."""
    with path.with_name(f"{path.stem.rpartition('_')[2]}.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@lru_cache(maxsize=10_000)
def _key(family: Family, suffix: str, labels: tuple[tuple[str, str], ...]) -> str:
    names, values = [name for name, _ in labels], [value for _, value in labels]
    return mmap_key(family.name, family.name + suffix, names, values, family.help)


def _close(files: list[IO[str] | MmapedDict]) -> None:
    for file in files:
        file.close()
