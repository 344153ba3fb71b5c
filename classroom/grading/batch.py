"""Grade a folder of submissions: the self-test first, then each of them, several at once."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from classroom.handout import starter
from classroom.handout.files import source_files
from classroom.ideas import Idea

from . import selftest
from .entries import Entry, entries
from .findings import Finding
from .intake import Taken, take
from .journal import Journal
from .results import Grades, State, Submission
from .run import Runner
from .sandbox import LIMITS, Limits
from .servers import Stopped
from .version import version

SOURCES = (
    "grading/alone.py grading/backend.py grading/box grading/boxed.py grading/grading.ini "
    "grading/intake.py grading/results.py grading/run.py grading/sandbox grading/unpack.py "
    "handout repository.py"
)

CHANGED = "The story tests are not those of the self-test any more: start again."


class Watcher(Protocol):
    """Whoever wants to know how the grading goes."""

    def started(self, entry: Entry) -> None:
        """A submission is being graded."""

    def finished(self, submission: Submission) -> None:
        """It has been."""


class Batch:
    """The grading of one class. Its journal knows what has been done already."""

    def __init__(
        self,
        idea: Idea,
        submissions: Path,
        out: Path,
        *,
        limits: Limits = LIMITS,
        resume: bool = False,
        unsafe: bool = False,
    ) -> None:
        """Look at what there is. Raises JournalError."""
        self.idea = idea
        self.root = idea.folder.parents[2]
        self.submissions = submissions.resolve()
        self.out = out.resolve()
        self.limits = limits
        self.unsafe = unsafe
        self.entries = entries(submissions)
        self.done: dict[str, Submission] = {}
        self.grader = version(idea, limits, unsafe=unsafe)
        self.journal = Journal(self.out)
        self._secret = self.journal.begin(idea.slug, resume=resume)
        hidden = [self.root, self.submissions, self.out]
        self._runner = Runner(idea, limits, hidden, unsafe=unsafe)
        self._end = ExitStack()
        self._folder = self._end.enter_context(self.journal.workplace())
        self._end.callback(self._runner.stop)
        self._starter = self._folder / "starter"
        starter.make_starter(idea, self._starter, self.root)
        self.expected: dict[str, str] = {}
        known = self.journal.fact("self-test", self.grader)
        if known is not None:
            self.expected = known["expected"]

    def self_test(self, tell: Callable[[str], None] = lambda _: None) -> list[float]:
        """Return the points of the reference and of the starter. Raises SelfTestError.

        ``tell`` gets a line as soon as there is something new.
        """
        known = self.journal.fact("self-test", self.grader)
        if known is not None:
            return list(known["points"])
        tell("Self-test: the reference and the starter are graded first.")
        with ThreadPoolExecutor(2) as pool:
            reference_run = pool.submit(self._test_own, self.idea.folder)
            starter_run = pool.submit(self._test_own, self._starter)
            names = {reference_run: "reference", starter_run: "starter"}
            for run in as_completed(names):
                seconds = run.result().seconds
                tell(f"Self-test: the {names[run]} has run, in {seconds:.1f} s.")
        reference = reference_run.result()
        points = selftest.judge(self.idea, reference, starter_run.result())
        known = {"points": points, "expected": reference.expected}
        self.journal.note("self-test", self.grader, known)
        self.expected = reference.expected
        return list(points)

    def _test_own(self, folder: Path) -> Finding:
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            place = Path(name)
            staged = place / "staged"
            for file in source_files(folder / self.idea.slug):
                target = staged / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())
            return self._runner.run(staged, place, self._secret)

    def look(self, entry: Entry) -> tuple[str, Submission | None]:
        """Return the digest of a submission, and its result if the journal has it."""
        with self._taken(entry) as (_, taken):
            return taken.digest, self.journal.find(entry.student, taken.digest, self.grader)

    def grade(self, entry: Entry) -> Submission:
        """Grade a submission, or find it in the journal. Raises Stopped."""
        with self._taken(entry) as (folder, taken):
            known = self.journal.find(entry.student, taken.digest, self.grader)
            if known is not None:
                return known
            if taken.reason:
                finding = Finding(State.UNGRADABLE, reason=taken.reason)
            else:
                seed = self._seed(entry, taken)
                finding = self._runner.run(folder / "staged", folder, seed)
            if finding.state is State.GRADED and finding.expected != self.expected:
                finding = Finding(State.GRADER_ERROR, reason=CHANGED)
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

    def _seed(self, entry: Entry, taken: Taken) -> str:
        text = f"{self._secret}/{entry.student}/{taken.digest}"
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()

    @contextmanager
    def _taken(self, entry: Entry) -> Iterator[tuple[Path, Taken]]:
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            folder = Path(name)
            yield folder, take(entry, self.idea, self._starter, folder / "staged")

    def grade_all(self, jobs: int, watcher: Watcher) -> None:
        """Grade everything here, ``jobs`` at once. Ends early, with what is done, on Ctrl-C."""

        def one(entry: Entry) -> Submission:
            watcher.started(entry)
            try:
                return self.grade(entry)
            except Stopped:
                raise
            except Exception as error:  # noqa: BLE001  # the trouble of one, and ours to own up
                return failed(entry, f"{type(error).__name__}: {error}")

        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(one, entry) for entry in self.entries]
            try:
                for future in as_completed(futures):
                    self.finish(future.result(), watcher)
            except BaseException:
                self._runner.stop()
                pool.shutdown(cancel_futures=True)
                for future in futures:
                    if future.cancelled() or future.exception() is not None:
                        continue
                    submission = future.result()
                    self.done[submission.student] = submission
                raise

    def finish(self, submission: Submission, watcher: Watcher) -> None:
        """Take note of a submission that has been graded."""
        self.done[submission.student] = submission
        watcher.finished(submission)

    def grades(self) -> Grades:
        """Return what is done so far."""
        found = []
        for entry in self.entries:
            if entry.student in self.done:
                found.append(self.done[entry.student])
        return Grades(self.idea, tuple(found), self.expected)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.close()


def failed(entry: Entry, reason: str, digest: str = "") -> Submission:
    """Return a submission that the grader, by its own fault, could not grade."""
    return Submission(
        student=entry.student,
        digest=digest,
        state=State.GRADER_ERROR,
        reason=reason,
        name=entry.name,
        platform_id=entry.platform_id,
    )
