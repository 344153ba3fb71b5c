"""Whether grades from here can be believed: the reference gets all points, the starter few."""

from classroom.ideas import TOTAL_POINTS, Idea

from .findings import Finding
from .results import Grades, Outcome, Submission

STARTER_MOST = 40
"""A starter with more points leaves too little to do, or its stories are tested too little."""


SHOWN = 10  # failed tests of the reference


class SelfTestError(Exception):
    """Nothing may be graded; the message says what is wrong."""


def judge(idea: Idea, reference: Finding, starter: Finding) -> tuple[float, float]:
    """Return the points of reference and starter. Raises SelfTestError."""
    best = _points(idea, reference)
    least = _points(idea, starter)
    if best == TOTAL_POINTS and least is not None and least <= STARTER_MOST:
        return best, least
    lines = [
        "The self-test has failed, so nothing is graded.",
        _line("reference", best, reference),
        _line("starter", least, starter),
    ]
    failed = [test for test in reference.tests if test.outcome is not Outcome.PASSED]
    for test in failed[:SHOWN]:
        lines.append(f"  {test.name}: {test.outcome}. {test.expected[:500]}")
    if best == TOTAL_POINTS:
        lines.append(f"It must start and get at most {STARTER_MOST} points.")
    raise SelfTestError("\n".join(lines))


def _points(idea: Idea, finding: Finding) -> float | None:
    if finding.reason:
        return None
    submission = Submission("", "", finding.state, finding.tests)
    grades = Grades(idea, (), finding.expected)
    return grades.score(submission)


def _line(name: str, points: float | None, finding: Finding) -> str:
    shown = "no grade"
    if points is not None:
        shown = f"{points:g} of {TOTAL_POINTS} points"
    return f"The {name} gets {shown}. {finding.reason}".strip()
