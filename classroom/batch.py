"""Grade a folder of submissions: the self-test first, then each of them, several at once."""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from . import eject, intake, starter
from .ideas import ROOT, TOTAL_POINTS, Idea
from .journal import Journal
from .results import Grades, Outcome, State, Submission
from .run import Finding, Runner, Stopped
from .sandbox import Limits

STARTER_MOST = 50
"""A starter with as many points leaves too little to do, or its stories are tested too little."""
SOURCES = (
    "alone.py backend.py box boxed.py grading.ini intake.py repository.py results.py run.py "
    "sandbox starter.py unpack.py"
)


class SelfTestError(Exception):
    """Nothing is graded: the reference does not get all points, or the starter too many."""


class Watcher(Protocol):
    """Whoever wants to know how the grading goes."""

    def started(self, entry: intake.Entry) -> None:
        """A submission is being graded."""

    def finished(self, submission: Submission) -> None:
        """It has been."""


class Batch:
    """The grading of one class. Its journal knows what has been done already."""

    def __init__(
        self, idea: Idea, submissions: Path, out: Path, *, resume: bool, unsafe: bool = False
    ) -> None:
        """Look at what there is. Raises JournalError."""
        self.idea = idea
        self.out = out.resolve()
        self.unsafe = unsafe
        self.submissions = submissions.resolve()
        self.entries = intake.entries(submissions)
        self.done: dict[str, Submission] = {}
        self.expected: dict[str, str] = {}
        self.grader = digest(idea, unsafe=unsafe)
        self.journal = Journal(self.out)
        self._secret = self.journal.begin(idea.slug, resume=resume)
        self.runner = Runner(idea, Limits(), [self.submissions, self.out], unsafe=unsafe)
        self._folder = tempfile.TemporaryDirectory(prefix="grading-")
        self.starter = Path(self._folder.name, "starter")
        starter.make_starter(idea, self.starter)

    def self_test(self) -> list[float]:
        """Return the points of the reference and of the starter. Raises SelfTestError."""
        known = self.journal.fact("self-test", self.grader)
        if known is None:
            with ThreadPoolExecutor(2) as pool:
                folders = self.idea.folder, self.starter
                reference, plain = pool.map(self._test_own, folders)
            points = [self._points(reference), self._points(plain)]
            if points[0] != TOTAL_POINTS or points[1] is None or points[1] >= STARTER_MOST:
                raise SelfTestError(_trouble(points, reference, plain))
            known = {"points": points, "expected": reference.expected}
            self.journal.note("self-test", self.grader, known)
        self.expected = known["expected"]
        return list(known["points"])

    def _test_own(self, folder: Path) -> Finding:
        with tempfile.TemporaryDirectory(prefix="grading-") as place:
            for file in eject.source_files(folder / self.idea.slug):
                target = Path(place, "staged", file.relative_to(folder))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())
            return self.runner.run(Path(place, "staged"), Path(place), self._secret)

    def _points(self, finding: Finding) -> float | None:
        submission = Submission("", "", finding.state, finding.tests)
        return Grades(self.idea, (), finding.expected).score(submission)

    def grade(self, entry: intake.Entry) -> Submission:
        """Grade one submission, or find it in the journal. Raises Stopped."""
        with tempfile.TemporaryDirectory(prefix="grading-") as name:
            folder = Path(name)
            taken = intake.take(entry, self.idea, self.starter, folder / "staged")
            if known := self.journal.find(entry.student, taken.digest, self.grader):
                return known
            if taken.reason:
                finding = Finding(State.UNGRADABLE, reason=taken.reason)
            else:
                seed = f"{self._secret}/{entry.student}/{taken.digest}".encode(errors="replace")
                finding = self.runner.run(folder / "staged", folder, _hash(seed))
        submission = Submission(
            student=entry.student,
            digest=taken.digest,
            state=finding.state,
            tests=finding.tests,
            reason=finding.reason,
            notes=(*taken.notes, *finding.notes),
            seconds=finding.seconds,
            sandboxed=not self.unsafe,
            name=entry.name,
            platform_id=entry.platform_id,
        )
        self.journal.add(submission, self.grader)
        return submission

    def grade_all(self, jobs: int, watcher: Watcher) -> None:
        """Grade everything here, ``jobs`` at once. Ends early, with what is done, on Ctrl-C."""

        def one(entry: intake.Entry) -> Submission:
            watcher.started(entry)
            try:
                return self.grade(entry)
            except Stopped:
                raise
            except Exception as error:  # noqa: BLE001  # one submission's trouble, ours to own up
                reason = f"{type(error).__name__}: {error}"
                return Submission(entry.student, "", State.GRADER_ERROR, reason=reason)

        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(one, entry) for entry in self.entries]
            try:
                for future in as_completed(futures):
                    self.finish(future.result(), watcher)
            except BaseException:
                self.runner.stop()
                pool.shutdown(cancel_futures=True)
                raise

    def finish(self, submission: Submission, watcher: Watcher) -> None:
        """Take note of a submission that has been graded."""
        self.done[submission.student] = submission
        watcher.finished(submission)

    def grades(self) -> Grades:
        """Return what is done so far."""
        in_order = (self.done.get(entry.student) for entry in self.entries)
        return Grades(self.idea, tuple(one for one in in_order if one), self.expected)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._folder.cleanup()


def digest(idea: Idea, *, unsafe: bool) -> str:
    """Return a hash of all that a grade depends on besides the submission and the libraries."""
    found = hashlib.sha256(f"{sys.version} {Limits()} {unsafe}".encode())
    for file in _sources(idea):
        found.update(f"{file.relative_to(ROOT)} {_hash(file.read_bytes())}\n".encode())
    return found.hexdigest()


def _sources(idea: Idea) -> Iterator[Path]:
    for name in SOURCES.split():
        path = ROOT / "classroom" / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]
    yield from eject.common_files()
    yield from eject.project_files(idea)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _trouble(points: list[float | None], reference: Finding, plain: Finding) -> str:
    """Say why there can be no grades."""
    lines = ["The self-test failed, so nothing is graded."]
    for name, earned, finding in zip(
        ("reference", "starter"), points, (reference, plain), strict=True
    ):
        shown = "no grade" if earned is None else f"{earned:g} of {TOTAL_POINTS} points"
        lines.append(f"The {name} gets {shown}. {finding.reason}".strip())
    failed = [test for test in reference.tests if test.outcome is not Outcome.PASSED]
    lines += [f"  {test.name}: {test.outcome}. {test.expected[:500]}" for test in failed[:10]]
    if points[0] == TOTAL_POINTS:
        lines.append(f"A starter must get less than {STARTER_MOST} points, and must start.")
    return "\n".join(lines)
