"""Whether grades from here can be believed: the reference gets all points, the starter few."""

from classroom.ideas import TOTAL_POINTS, Idea

from .results import Grades, Outcome, Submission
from .run import Finding

STARTER_MOST = 40
"""A starter with more points leaves too little to do, or its stories are tested too little."""


class SelfTestError(Exception):
    """Nothing may be graded; the message says what is wrong."""


def judge(idea: Idea, reference: Finding, starter: Finding) -> tuple[float, float]:
    """Return the points of reference and starter. Raises SelfTestError."""
    best, least = (_points(idea, finding) for finding in (reference, starter))
    if best == TOTAL_POINTS and least is not None and least <= STARTER_MOST:
        return best, least
    lines = ["The self-test has failed, so nothing is graded."]
    for name, points, finding in (("reference", best, reference), ("starter", least, starter)):
        shown = "no grade" if points is None else f"{points:g} of {TOTAL_POINTS} points"
        lines.append(f"The {name} gets {shown}. {finding.reason}".strip())
    failed = [test for test in reference.tests if test.outcome is not Outcome.PASSED]
    lines += [f"  {test.name}: {test.outcome}. {test.expected[:500]}" for test in failed[:10]]
    if best == TOTAL_POINTS:
        lines.append(f"It must start and get at most {STARTER_MOST} points.")
    raise SelfTestError("\n".join(lines))


def _points(idea: Idea, finding: Finding) -> float | None:
    submission = Submission("", "", finding.state, finding.tests, finding.reason)
    points = Grades(idea, (), finding.expected).score(submission)
    return points if finding.reason == "" else None
