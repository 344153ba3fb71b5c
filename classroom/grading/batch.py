"""Grade a folder of submissions: the self-test first, then each of them, several at once."""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from importlib.metadata import distributions
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from classroom.handout import eject, starter
from classroom.ideas import ROOT, Idea

from . import intake, selftest
from .journal import Journal
from .results import Grades, State, Submission
from .run import Finding, Runner, Stopped
from .sandbox import LIMITS, Limits

SOURCES = (
    "grading/alone.py grading/backend.py grading/box grading/boxed.py grading/grading.ini "
    "grading/intake.py grading/results.py grading/run.py grading/sandbox grading/unpack.py "
    "handout/starter.py repository.py"
)

CHANGED = "The story tests are not those of the self-test any more: start again."


class Watcher(Protocol):
    """Whoever wants to know how the grading goes."""

    def started(self, entry: intake.Entry) -> None:
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
        self.root = root = idea.folder.parents[2]
        self.submissions = submissions.resolve()
        self.out = out.resolve()
        self.limits = limits
        self.unsafe = unsafe
        self.entries = intake.entries(submissions)
        self.done: dict[str, Submission] = {}
        self.grader = digest(idea, limits, unsafe=unsafe)
        self.journal = Journal(self.out)
        self._secret = self.journal.begin(idea.slug, resume=resume)
        self._runner = Runner(idea, limits, [root, self.submissions, self.out], unsafe=unsafe)
        self._end = ExitStack()
        self._folder = self._end.enter_context(self.journal.workplace())
        self._end.callback(self._runner.stop)
        self._starter = self._folder / "starter"
        starter.make_starter(idea, self._starter, root)
        known = self.journal.fact("self-test", self.grader)
        self.expected: dict[str, str] = known["expected"] if known else {}

    def self_test(self, tell: Callable[[str], None] = lambda _: None) -> list[float]:
        """Return the points of the reference and of the starter. Raises SelfTestError.

        ``tell`` gets a line as soon as there is something new.
        """
        known = self.journal.fact("self-test", self.grader)
        if known is None:
            tell("Self-test: the reference and the starter are graded first.")
            with ThreadPoolExecutor(2) as pool:
                runs = {
                    pool.submit(self._test_own, self.idea.folder): "reference",
                    pool.submit(self._test_own, self._starter): "starter",
                }
                for run in as_completed(runs):
                    tell(f"Self-test: the {runs[run]} has run, in {run.result().seconds:.1f} s.")
            reference, plain = (run.result() for run in runs)
            points = selftest.judge(self.idea, reference, plain)
            known = {"points": points, "expected": reference.expected}
            self.journal.note("self-test", self.grader, known)
            self.expected = reference.expected
        return list(known["points"])

    def _test_own(self, folder: Path) -> Finding:
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            for file in eject.source_files(folder / self.idea.slug):
                target = Path(place, "staged", file.relative_to(folder))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())
            return self._runner.run(Path(place, "staged"), Path(place), self._secret)

    def look(self, entry: intake.Entry) -> tuple[str, Submission | None]:
        """Return the digest of a submission, and its result if the journal has it."""
        with self._taken(entry) as (_, taken):
            return taken.digest, self.journal.find(entry.student, taken.digest, self.grader)

    def grade(self, entry: intake.Entry) -> Submission:
        """Grade a submission, or find it in the journal. Raises Stopped."""
        with self._taken(entry) as (folder, taken):
            if known := self.journal.find(entry.student, taken.digest, self.grader):
                return known
            if taken.reason:
                finding = Finding(State.UNGRADABLE, reason=taken.reason)
            else:
                seed = f"{self._secret}/{entry.student}/{taken.digest}".encode(errors="replace")
                finding = self._runner.run(folder / "staged", folder, _hash(seed))
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

    @contextmanager
    def _taken(self, entry: intake.Entry) -> Iterator[tuple[Path, intake.Taken]]:
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            folder = Path(name)
            yield folder, intake.take(entry, self.idea, self._starter, folder / "staged")

    def grade_all(self, jobs: int, watcher: Watcher) -> None:
        """Grade everything here, ``jobs`` at once. Ends early, with what is done, on Ctrl-C."""

        def one(entry: intake.Entry) -> Submission:
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
                    if not future.cancelled() and not future.exception():
                        self.done[future.result().student] = future.result()
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
        self._end.close()


def failed(entry: intake.Entry, reason: str, digest: str = "") -> Submission:
    """Return a submission that the grader, by its own fault, could not grade."""
    return Submission(
        student=entry.student,
        digest=digest,
        state=State.GRADER_ERROR,
        reason=reason,
        name=entry.name,
        platform_id=entry.platform_id,
    )


def digest(idea: Idea, limits: Limits, *, unsafe: bool) -> str:
    """Return a hash of all that a grade depends on besides the submission."""
    libraries = sorted(f"{one.name} {one.version}" for one in distributions())
    found = hashlib.sha256(f"{sys.version} {libraries} {limits} {unsafe}".encode())
    for name in SOURCES.split():
        path = ROOT / "classroom" / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        _add(found, ROOT, files)
    _add(found, ROOT, eject.common_files())
    _add(found, idea.folder, eject.project_files(idea))
    return found.hexdigest()


def _add(found: "hashlib._Hash", root: Path, files: Iterable[Path]) -> None:
    for file in files:
        name = file.relative_to(root).as_posix()
        found.update(f"{name} {_hash(file.read_bytes())}\n".encode(errors="replace"))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
