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
        return next((step.cause for step in reversed(self.steps) if step.cause), None)

    @property
    def summary(self) -> str:
        """The failure in one line."""
        check = self.check
        return line(check.expected or check.comparison or check.reason)

    def as_text(self) -> str:
        """Return all of it as plain text."""
        parts = []
        for step in self.steps:
            parts += [("Sent", step.sent), ("Came back", step.received)]
            if step.cause:
                parts.append(("Behind it", f"{step.cause.error} ({step.cause.place})"))
        check = self.check
        parts += [("Expected", check.expected), ("Compared", check.comparison)]
        parts += [("Why it failed", check.reason), ("Hint", self.hint)]
        return "\n".join(f"{title}: {text}" for title, text in parts if text)


def explain(test: TestResult, package: str) -> Told:
    """Take a test result apart; ``package`` is where the student's code is."""
    title = sentence(test.name)
    function = line(test.name.partition("[")[0])
    hint = line(" ".join(test.hint.split()))
    return Told(
        title=title,
        command=f"pytest -k {function}" if function.isidentifier() else "pytest",
        hint="" if hint.rstrip(".") == sentence(function) else hint,  # a name alone is no hint
        check=_check(test),
        steps=tuple(_steps(test.exchanges[-2 * EXCHANGES :], package))[-EXCHANGES:],
    )


def sentence(name: str) -> str:
    """Return a test's name in words: ``test_no_is_refused[-1]`` → "No is refused (-1)"."""
    function, bracket, parameters = line(name).partition("[")
    words = function.removeprefix("test_").replace("_", " ").strip()
    words = words[:1].upper() + words[1:]
    return f"{words} ({parameters.removesuffix(']')})" if bracket else words


def _check(test: TestResult) -> Check:
    text = re.sub(r"^(AssertionError|Failed): ", "", _ADDRESS.sub("", test.expected).strip())
    words, compared, comparison = f"\n{text}".partition("\nassert ")
    words = block(words.strip(), 1500)
    if not compared:
        if _EXCEPTION.match(text):
            return Check(reason=f"The test could not go on: {words}")
        silent = test.outcome is Outcome.TIMEOUT or bool(_SILENT.search(text))
        return Check(reason=words or _MISSING, silent=silent)
    full = comparison
    comparison, more, where = full.partition("\n +")
    if where and not _OPERATOR.search(comparison):  # "assert None": only the rest says of what
        return Check(words, block(full.strip(), 1500))
    if ".status_code" in where and (status := _STATUS.fullmatch(comparison.strip())):
        words = words or f"Status {status['right']}, not {status['got']}."
    return Check(words, block(comparison.strip(), 1500), block(f"{more}{where}".strip(), 1500))


def _steps(exchanges: Iterable[str], package: str) -> Iterable[Step]:
    cause = None
    for exchange in (_ADDRESS.sub("", it) for it in exchanges):
        if exchange.startswith("→ "):
            sent, _, received = exchange.removeprefix("→ ").partition(_ANSWER)
            yield Step(block(" ".join(sent.split("  ", 1)), 2000), _answer(received), cause)
            cause = None
        elif exchange.strip():  # noted while the application worked on the request that comes next
            cause = _cause(exchange, package)
    if cause:
        yield Step("", "", cause)


def _answer(received: str) -> str:
    status, _, body = received.partition("\n")
    return block(f"{status}\n{body.removeprefix('  ')}", 2000).strip()


def _cause(traceback: str, package: str) -> Cause:
    *_, error = traceback.strip().splitlines() or [""]
    place = "not in your code"
    traceback = traceback.removeprefix(_RAISED)
    for frame in _FRAME.finditer(traceback):
        parts = frame["file"].replace("\\", "/").split("/")
        if package in parts and "site-packages" not in parts:
            own = parts[len(parts) - 1 - parts[::-1].index(package) :]
            if "common" not in own:  # a project's folder may be called as its package is
                place = f"{'/'.join(own)}, line {frame['line']}, in {frame['function']}"
    return Cause(line(error), line(place), block(traceback, 6000))
