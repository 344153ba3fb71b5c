"""What a failed test tells a student: what was sent, what came back, what was expected, why.

A test result is text as pytest and the application left it. Here it becomes parts: requests with
their answers, the exception behind a 500 with the place in the student's own code, the assertion
in words, and the comparison that failed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from classroom.grading.results import Outcome, TestResult

from .text import block, line

_FRAME = re.compile(
    r'^[ \t]*File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)$', re.M
)
_ADDRESS = re.compile(r" (object )?at 0x[0-9a-f]+")  # differs from run to run and tells nothing
_EXCEPTION = re.compile(r"[\w.]+(Error|Exception)\b")
_OPERATOR = re.compile(r" (==|!=|<|<=|>|>=|in|is) ")
_STATUS = re.compile(r"(?P<got>\d{3}) (==|in) (?P<right>[\d{}, ]+)")
_SILENT = re.compile(
    r"There was no answer|without an answer|^The answer to"
)  # by classroom.grading.backend
_ANSWER = "\n← "
_RAISED = "The application raised:\n"

EXCHANGES = 4
"""So many of the last exchanges of a test are told."""

_MISSING = "The test gave no result: the run of this submission ended before it."


@dataclass(frozen=True)
class Cause:
    """An exception in the application: its last line, and where in the student's code it was."""

    error: str
    place: str
    traceback: str


@dataclass(frozen=True)
class Step:
    """A request and its answer, and the exception that the answer stands for."""

    sent: str
    received: str
    cause: Cause | None


@dataclass(frozen=True)
class Check:
    """What the test wanted to hold. Either a comparison failed, or there was a reason for none."""

    expected: str = ""
    """What should have been, in words."""
    comparison: str = ""
    """What was compared: ``500 == 201``."""
    where: str = ""
    """Where pytest says that the two sides come from."""
    reason: str = ""
    """Why nothing was compared: no answer in time, an exception in the test."""
    silent: bool = False
    """Whether the last request had no answer."""


@dataclass(frozen=True)
class Told:
    """A test in words."""

    title: str
    command: str
    """What a student types to run it."""
    hint: str
    check: Check
    steps: tuple[Step, ...]

    @property
    def before(self) -> tuple[Step, ...]:
        """The exchanges before the one that failed. One that had no answer is not among them."""
        return self.steps if self.check.silent else self.steps[:-1]

    @property
    def last(self) -> Step | None:
        """The exchange that failed, if there was an answer."""
        return self.steps[-1] if self.steps and not self.check.silent else None

    @property
    def cause(self) -> Cause | None:
        """The last exception, which most likely made the test fail."""
        for step in reversed(self.steps):
            if step.cause is not None:
                return step.cause
        return None

    @property
    def summary(self) -> str:
        """The failure in one line."""
        check = self.check
        return line(check.expected or check.comparison or check.reason)

    def as_text(self) -> str:
        """Return all of it as plain text."""
        parts = []
        for step in self.steps:
            parts.append(("Sent", step.sent))
            parts.append(("Came back", step.received))
            if step.cause is not None:
                parts.append(("Behind it", f"{step.cause.error} ({step.cause.place})"))
        parts.append(("Expected", self.check.expected))
        parts.append(("Compared", self.check.comparison))
        parts.append(("Why it failed", self.check.reason))
        parts.append(("Hint", self.hint))
        return "\n".join(f"{title}: {text}" for title, text in parts if text)


def explain(test: TestResult, package: str) -> Told:
    """Take a test result apart; ``package`` is where the student's code is."""
    function = line(test.name.partition("[")[0])
    command = "pytest"
    if function.isidentifier():
        command += f" -k {function}"
    hint = line(" ".join(test.hint.split()))
    if hint.rstrip(".") == sentence(function):
        hint = ""  # a name alone is no hint
    steps = list(_steps(test.exchanges[-2 * EXCHANGES :], package))
    return Told(
        title=sentence(test.name),
        command=command,
        hint=hint,
        check=_check(test),
        steps=tuple(steps[-EXCHANGES:]),
    )


def sentence(name: str) -> str:
    """Return a test's name in words: ``test_no_is_refused[-1]`` → "No is refused (-1)"."""
    function, bracket, parameters = line(name).partition("[")
    words = function.removeprefix("test_").replace("_", " ").strip()
    words = words[:1].upper() + words[1:]
    if not bracket:
        return words
    return f"{words} ({parameters.removesuffix(']')})"


def _check(test: TestResult) -> Check:
    text = _ADDRESS.sub("", test.expected).strip()
    text = re.sub(r"^(AssertionError|Failed): ", "", text)
    words, compared, assertion = f"\n{text}".partition("\nassert ")
    words = _short(words)
    if not compared:
        return _check_without_comparison(test, text, words)
    comparison, more, where = assertion.partition("\n +")
    if where and not _OPERATOR.search(comparison):  # "assert None": only the rest says of what
        return Check(words, _short(assertion))
    status = _STATUS.fullmatch(comparison.strip())
    if status is not None and ".status_code" in where and not words:
        words = f"Status {status['right']}, not {status['got']}."
    return Check(words, _short(comparison), _short(more + where))


def _check_without_comparison(test: TestResult, text: str, words: str) -> Check:
    if _EXCEPTION.match(text):
        return Check(reason=f"The test could not go on: {words}")
    is_silent = test.outcome is Outcome.TIMEOUT or _SILENT.search(text) is not None
    return Check(reason=words or _MISSING, silent=is_silent)


def _short(text: str) -> str:
    return block(text.strip(), 1500)


def _steps(exchanges: Iterable[str], package: str) -> Iterable[Step]:
    cause = None
    for exchange in exchanges:
        text = _ADDRESS.sub("", exchange)
        if text.startswith("→ "):
            sent, _, received = text.removeprefix("→ ").partition(_ANSWER)
            sent = sent.replace("  ", " ", 1)
            yield Step(block(sent, 2000), _answer(received), cause)
            cause = None
        elif text.strip():  # noted while the application worked on the request that comes next
            cause = _cause(text, package)
    if cause is not None:
        yield Step("", "", cause)


def _answer(received: str) -> str:
    status, _, body = received.partition("\n")
    return block(f"{status}\n{body.removeprefix('  ')}", 2000).strip()


def _cause(traceback: str, package: str) -> Cause:
    lines = traceback.strip().splitlines()
    error = lines[-1] if lines else ""
    place = "not in your code"
    traceback = traceback.removeprefix(_RAISED)
    for frame in _FRAME.finditer(traceback):
        file = _own_file(frame["file"], package)
        if file:
            place = f"{file}, line {frame['line']}, in {frame['function']}"
    return Cause(line(error), line(place), block(traceback, 6000))


def _own_file(file: str, package: str) -> str:
    """Return a file of the student's code from its package on; nothing for another's file."""
    parts = file.replace("\\", "/").split("/")
    if package not in parts or "site-packages" in parts:
        return ""
    while package in parts[1:]:  # a project's folder may be called as its package is
        parts.pop(0)
    if "common" in parts:
        return ""
    return "/".join(parts)
