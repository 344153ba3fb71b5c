"""What a teacher wants to know of a class, as a page."""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from classroom.grading.results import Grades, Outcome, State, StoryResult, Submission

from .explain import sentence
from .pages import page
from .text import by_name

TOP = 8
"""So many lines has a list of the worst."""
BINS = 10


class Row(NamedTuple):
    """A submission in the table of the class."""

    submission: Submission
    total: float | None
    results: list[StoryResult]


def class_page(grades: Grades, names: Mapping[Submission, str]) -> str:
    """Return what a teacher wants to know of a class; ``names`` are those of the files."""
    submissions = by_name(grades.submissions)
    rows = []
    by_state: dict[State, list[Submission]] = {state: [] for state in State}
    timeouts = {}
    for submission in submissions:
        row = Row(submission, grades.score(submission), grades.stories(submission))
        rows.append(row)
        by_state[submission.state].append(submission)
        timeouts[submission] = _timeouts(submission)
    graded = [row for row in rows if row.submission.state is State.GRADED]
    totals = [row.total for row in graded if row.total is not None]
    slowest = sorted(submissions, key=lambda submission: -submission.seconds)
    return page(
        "report/class.html",
        idea=grades.idea,
        rows=rows,
        graded=graded,
        names=names,
        ungradable=by_state[State.UNGRADABLE],
        grader_errors=by_state[State.GRADER_ERROR],
        unsandboxed=sum(not submission.sandboxed for submission in submissions),
        mean=statistics.fmean(totals) if totals else None,
        median=statistics.median(totals) if totals else None,
        bars=_bars(totals),
        averages=_averages(grades, graded),
        missed=_missed(grades, graded),
        slowest=slowest[:TOP],
        timeouts=timeouts,
        seconds=sum(submission.seconds for submission in submissions),
    )


class Missed(NamedTuple):
    """A test in words, its story, and how many times it was missed."""

    title: str
    story: str
    times: int


def _missed(grades: Grades, graded: Iterable[Row]) -> list[Missed]:
    """Return the tests that most of the class missed."""
    missed: Counter[str] = Counter()
    for row in graded:
        for result in row.results:
            for test in result.tests:
                if test.outcome is not Outcome.PASSED:
                    missed[test.name] += 1
    # What was missed as often comes in the order of the tests.
    worst = [name for name in grades.expected if name in missed]
    worst.sort(key=lambda name: -missed[name])
    return [Missed(sentence(name), grades.expected[name], missed[name]) for name in worst[:TOP]]


def _timeouts(submission: Submission) -> int:
    return sum(test.outcome is Outcome.TIMEOUT for test in submission.tests)


def _bars(totals: Iterable[float]) -> list[int]:
    """Count totals in tens: 0 to under 10, …, 90 to 100."""
    counts = [0] * BINS
    for total in totals:
        tens = int(total // BINS)
        counts[min(tens, BINS - 1)] += 1
    return counts


def _averages(grades: Grades, graded: Sequence[Row]) -> list[float | None]:
    """Return the share of its points that the class earned, for each story."""
    averages: list[float | None] = []
    for place, story in enumerate(grades.idea.stories):
        if not graded:
            averages.append(None)
            continue
        points = [row.results[place].points for row in graded]
        averages.append(statistics.fmean(points) / story.points)
    return averages
