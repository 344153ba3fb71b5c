"""The journal of a batch: what makes it go on after any end, and grade nothing twice.

``journal.jsonl`` begins with a line about the batch and gets one for each finished submission, on
the disk before it counts. A line belongs to a student, to the files that were taken, and to the
grader; where one of these has changed, the submission is graded anew.
"""

import errno
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from .results import State, Submission

NAME = "journal.jsonl"
WORKPLACE = ".work-"
Line = dict[str, Any]
Key = tuple[str, str]
"""Which grader, and of what."""
ALREADY = """\
{} has grades already. Add --resume to go on with them, or name another folder to grade anew."""


class JournalError(Exception):
    """The folder's journal is of another batch; the message says what to do."""


class Journal:
    """The journal in one folder. Threads and processes may add to it at once."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / NAME
        self._read = 0  # bytes: what follows is new
        self._first: Line = {}
        self._facts: dict[Key, Any] = {}
        self._submissions: dict[Key, list[Line]] = {}
        self._mine = threading.Lock()

    def begin(self, idea: str, *, resume: bool) -> str:
        """Start a journal or go on with the one that is there; return the secret of the batch.

        Raises JournalError if there is one and nobody wants to go on with it.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True)
        folder = self.file.parent
        with self._locked() as file:
            if not self._first:
                first = {"idea": idea, "secret": secrets.token_hex(16)}
                self._write(file, first)
            elif not resume:
                raise JournalError(ALREADY.format(folder))
            if self._first["idea"] != idea:
                raise JournalError(f"{folder} has grades of {self._first['idea']!r}.")
        return str(self._first["secret"])

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """Give a folder for what a run needs besides, and remove those of runs that were killed."""
        out = self.file.parent
        with self._locked():
            for left in out.glob(f"{WORKPLACE}*"):
                with suppress(BlockingIOError), _held(left):
                    shutil.rmtree(left, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix=WORKPLACE, dir=out))
            held = ExitStack()
            held.enter_context(_held(folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            held.close()

    def fact(self, name: str, grader: str) -> Any:
        """Return what this grader has noted under a name, or None."""
        with self._locked():
            return self._facts.get((grader, name))

    def note(self, name: str, grader: str, value: object) -> None:
        """Note something about the batch."""
        with self._locked() as file:
            line = {"grader": grader, "fact": name, "value": value}
            self._write(file, line)

    def lines(self, student: str, digest: str, grader: str) -> list[Submission]:
        """Return what was written about a submission: more than once if the grader has failed."""
        with self._locked():
            name = (grader, key(student, digest))
            found = self._submissions.get(name, [])
            return [Submission.from_json(data) for data in found]

    def find(self, student: str, digest: str, grader: str) -> Submission | None:
        """Return a finished submission, or None. Where the grader failed, nothing is finished."""
        found = self.lines(student, digest, grader)
        if not found or found[-1].state is State.GRADER_ERROR:
            return None
        return found[-1]

    def add(self, submission: Submission, grader: str) -> bool:
        """Add a submission unless it is finished already; tell whether it was added."""
        name = key(submission.student, submission.digest)
        with self._locked() as file:
            found = self._submissions.get((grader, name))
            if found and found[-1]["state"] != State.GRADER_ERROR:
                return False
            line = {
                "grader": grader,
                "key": name,
                "submission": submission.to_json(),
            }
            self._write(file, line)
        return True

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Keep all others out, and know what they have written."""
        with self._mine:
            file = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._catch_up(file)
                yield file
            finally:
                os.close(file)

    def _catch_up(self, file: int) -> None:
        size = os.fstat(file).st_size
        new = os.pread(file, size - self._read, self._read)
        *lines, torn = new.split(b"\n")
        for text in lines:
            self._take(json.loads(text))
        self._read += len(new) - len(torn)
        if torn:  # a line that an end without warning has cut off
            os.ftruncate(file, self._read)

    def _take(self, line: Line) -> None:
        if "submission" in line:
            name = (line["grader"], line["key"])
            known = self._submissions.setdefault(name, [])
            known.append(line["submission"])
        elif "fact" in line:
            name = (line["grader"], line["fact"])
            self._facts[name] = line["value"]
        else:
            self._first = line

    def _write(self, file: int, line: Line) -> None:
        text = json.dumps(line, ensure_ascii=True)
        content = f"{text}\n".encode()
        written = os.pwrite(file, content, self._read)
        if written < len(content):
            raise OSError(errno.ENOSPC, f"{self.file} cannot be written")
        os.fsync(file)
        self._catch_up(file)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder, until the end of this process at the latest. Raises BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def key(student: str, digest: str) -> str:
    """Return the key of a submission."""
    return json.dumps([student, digest])
