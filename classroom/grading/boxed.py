"""The grader's pytest: story tests here, the application in a box.

A plugin beside ``common.testing`` (``-p common.testing -p classroom.grading.boxed``): it replaces
the fixture ``backend``, and nothing else that a test can see. It puts the tests in a secret order,
and writes what becomes of each to a file, a line of JSON as soon as it is known.
"""

import json
import random
import signal
import socket
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import pytest

from common.testing import EXCHANGES, LAST_EXCHANGES

from .backend import BoxedBackend, Hang, NoAnswer
from .boxes import BoxOfOthers, Submission
from .results import Outcome, TestResult
from .sandbox import Limits, SandboxError
from .telling import hint, plain, story_of, words

HANGS = 3  # in a row end the run of a submission


@dataclass
class Record:
    """What is known of a test while it runs."""

    outcome: Outcome = Outcome.MISSING
    expected: str = ""


RECORD = pytest.StashKey[Record]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the job: a file of JSON with the arguments of ``Grader``."""
    parser.addoption("--grading-job", type=Path, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Set up the grading of one submission."""
    job = json.loads(config.getoption("--grading-job").read_text("utf-8"))
    config.pluginmanager.register(Grader(**job), "grader")


@pytest.fixture
def backend(request: pytest.FixtureRequest, app_settings: dict[str, str]) -> Iterator[BoxedBackend]:
    """The application under test, in its box, on fresh data."""
    grader: Grader = request.config.pluginmanager.getplugin("grader")
    exchanges = request.node.stash.setdefault(EXCHANGES, [])
    with grader.submission.application(app_settings, exchanges, grader.deadline) as application:
        yield application


class Grader:
    """Runs the tests against one submission and writes down what becomes of them."""

    def __init__(
        self,
        *,
        boxes: int,
        limits: dict[str, float],
        seed: str,
        ranks: dict[str, int],
        results: str,
    ) -> None:
        self.limits = Limits(**limits)  # type: ignore[arg-type]  # integers where they are due
        makers = socket.socket(fileno=boxes)
        self.submission = Submission(lambda: BoxOfOthers(makers, self.limits), self.limits)
        self.seed = seed
        self.ranks = ranks
        self.results = Path(results)
        self.deadline = 0.0
        self.end = 0.0
        self.hangs = 0

    def write(self, **record: object) -> None:
        """Add a line to the results."""
        with self.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests in an order that nobody knows, by rank of their stories; list them."""
        self.write(expected={item.name: story_of(item) for item in items})
        random.Random(self.seed).shuffle(items)  # noqa: S311  # the seed is a secret of the batch
        items.sort(key=lambda item: self.ranks.get(story_of(item), 0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Start the box; without one, or without an application in it, there is nothing to run."""
        self.end = time.monotonic() + self.limits.submission
        try:
            reason = self.submission.start()
        except SandboxError as error:
            self.write(state="grader_error", reason=str(error))
            return True
        if reason:
            self.write(state="ungradable", reason=plain(reason))
            return True
        signal.signal(signal.SIGALRM, out_of_time)
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run one test and write down its result."""
        random.seed(f"{self.seed}/{item.name}")
        began = time.monotonic()
        self.deadline = min(began + self.limits.test, self.end)
        record = Record()
        item.stash[RECORD] = record
        result = yield
        sent = item.stash.get(EXCHANGES, [])[-LAST_EXCHANGES:]
        if record.outcome is Outcome.PASSED:
            sent = []  # there is nothing to explain
        test = TestResult(
            name=item.name,
            story=story_of(item),
            outcome=record.outcome,
            seconds=round(time.monotonic() - began, 3),
            exchanges=tuple(plain(exchange) for exchange in sent),
            expected=record.expected,
            hint=hint(item),
        )
        self.write(test=asdict(test))
        self._stop_if_hopeless(item.session, test.outcome)
        return result

    def _stop_if_hopeless(self, session: pytest.Session, outcome: Outcome) -> None:
        if outcome is Outcome.TIMEOUT:
            self.hangs += 1
        else:
            self.hangs = 0
        reason = ""
        if self.hangs == HANGS:
            reason = f"The run ended after {HANGS} hangs in a row."
        elif time.monotonic() > self.end:
            reason = f"The run ended after {self.limits.submission:g} s."
        if reason:
            self.write(note=reason)
            session.shouldstop = reason

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Limit the time of a test's fixtures."""
        return (yield from self._in_time())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Limit the time of a test."""
        return (yield from self._in_time())

    def _in_time(self) -> Generator[None, object, object]:
        left = self.deadline - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Read the result of a test from its report."""
        report = yield
        record = item.stash[RECORD]
        error = call.excinfo
        if error is not None:
            hung = error.errisinstance(Hang)
            record.outcome = Outcome.TIMEOUT if hung else Outcome.FAILED
            record.expected = record.expected or plain(words(error))
            if is_ours(error):
                self.write(state="grader_error", reason=f"{item.name}: {record.expected}")
        elif report.when == "call":
            record.outcome = Outcome.PASSED
        return report

    def pytest_internalerror(self, excrepr: object) -> None:
        """Own up."""
        self.write(state="grader_error", reason=plain(str(excrepr)))

    def pytest_sessionfinish(self) -> None:
        """End the box."""
        self.submission.close()
        self.write(end=True)


def out_of_time(_signal: int, _frame: FrameType | None) -> None:
    """End a test: for SIGALRM."""
    raise Hang("The test did not end in its time.")


def is_ours(error: pytest.ExceptionInfo[BaseException]) -> bool:
    """Tell whether the grader itself went wrong, by where the exception comes from."""
    here = Path(__file__).resolve().parent
    came_from = Path(str(error.traceback[-1].path)).resolve()
    return here in came_from.parents and not error.errisinstance((Hang, NoAnswer))
