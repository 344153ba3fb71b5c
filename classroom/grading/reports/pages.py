"""The pages for people: one for the class, one for each student.

Each is a single file that can be mailed and opened anywhere: style inside, no script, and a content
security policy that allows that style and nothing else.
"""

import base64
import hashlib
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from classroom.grading.results import Grades, Outcome, State, StoryResult, Submission, shown
from classroom.ideas import Story, Visibility
from classroom.render import TEMPLATES

from .explain import Told, explain, sentence
from .text import block, by_name, line, number, shown_id, shown_name

IN_FULL = 5
"""So many failed tests of a story are told with all that was sent; the others are named."""
TOP = 8
"""So many lines has a list of the worst."""
BINS = 10
WHOLE_TEXT = 10_000
"""Nothing on a page is longer."""

TOLD = {
    Visibility.HIDDEN: "Its tests are hidden: you see your points alone.",
    Visibility.AFTER_DUE: "Its tests are shown after the due date.",
}


@dataclass(frozen=True)
class StoryView:
    """A story on a student's page."""

    story: Story
    points: float
    passed: tuple[str, ...]
    failed: tuple[Told, ...]
    secret: str
    """Why the tests are not shown, or nothing."""

    @property
    def state(self) -> str:
        """Return how it stands: full, part or none."""
        if self.points >= self.story.points:
            return "full"
        return "part" if self.points else "none"


@dataclass(frozen=True)
class Trouble:
    """An exception that several failed tests have in common."""

    error: str
    place: str
    tests: int
    points: float


def student_page(grades: Grades, submission: Submission, *, after_due: bool) -> str:
    """Return what a student learns of a submission."""
    results = grades.stories(submission)
    views = [_view(it, grades.idea.slug, after_due=after_due) for it in results]
    return _render(
        "report/student.html",
        idea=grades.idea,
        submission=submission,
        total=grades.score(submission),
        views=views,
        in_full=IN_FULL,
        troubles=_troubles(views),
    )


def _view(result: StoryResult, package: str, *, after_due: bool) -> StoryView:
    failed = [test for test in result.tests if test.outcome is not Outcome.PASSED]
    if not shown(result.story, after_due=after_due):
        return StoryView(result.story, result.points, (), (), TOLD[result.story.visibility])
    return StoryView(
        result.story,
        result.points,
        passed=tuple(sentence(it.name) for it in result.tests if it.outcome is Outcome.PASSED),
        failed=tuple(explain(it, package) for it in failed),
        secret="",
    )


def _troubles(views: Iterable[StoryView]) -> list[Trouble]:
    """Return exceptions that several tests failed by, those that cost most points first."""
    tests: Counter[tuple[str, str]] = Counter()
    points: defaultdict[tuple[str, str], float] = defaultdict(float)
    for view in views:
        for told in view.failed:
            if told.cause:
                key = told.cause.error, told.cause.place
                tests[key] += 1
                points[key] += view.story.points / (len(view.passed) + len(view.failed))
    found = [Trouble(*key, count, points[key]) for key, count in tests.items() if count > 1]
    return sorted(found, key=lambda it: (-it.points, it.error, it.place))[:3]


def class_page(grades: Grades, names: Mapping[Submission, str]) -> str:
    """Return what a teacher wants to know of a class; ``names`` are those of the files."""
    rows = [(it, grades.score(it), grades.stories(it)) for it in by_name(grades.submissions)]
    graded = [row for row in rows if row[0].state is State.GRADED]
    totals = [score for _, score, _ in graded if score is not None]
    missed = Counter(
        test.name
        for _, _, results in graded
        for result in results
        for test in result.tests
        if test.outcome is not Outcome.PASSED
    )
    order = {name: place for place, name in enumerate(grades.expected)}
    worst = sorted(missed.items(), key=lambda it: (-it[1], order[it[0]]))
    timeouts = {
        it: sum(test.outcome is Outcome.TIMEOUT for test in it.tests) for it in grades.submissions
    }
    return _render(
        "report/class.html",
        idea=grades.idea,
        rows=rows,
        graded=graded,
        names=names,
        ungradable=[it for it, _, _ in rows if it.state is State.UNGRADABLE],
        grader_errors=[it for it, _, _ in rows if it.state is State.GRADER_ERROR],
        unsandboxed=sum(not it.sandboxed for it in grades.submissions),
        mean=statistics.fmean(totals) if totals else None,
        median=statistics.median(totals) if totals else None,
        bars=_bars(totals),
        averages=_averages(grades, [results for _, _, results in graded]),
        missed=[(sentence(name), grades.expected[name], count) for name, count in worst[:TOP]],
        slowest=sorted((it for it, _, _ in rows), key=lambda it: -it.seconds)[:TOP],
        timeouts=timeouts,
        seconds=sum(it.seconds for it in grades.submissions),
    )


def _bars(totals: Iterable[float]) -> list[int]:
    """Count totals in tens: 0 to under 10, …, 90 to 100."""
    counts = Counter(min(int(total // BINS), BINS - 1) for total in totals)
    return [counts[n] for n in range(BINS)]


def _averages(grades: Grades, results: list[list[StoryResult]]) -> list[float | None]:
    """Return the share of its points that the class earned, for each story."""
    if not results:
        return [None for _ in grades.idea.stories]
    columns = zip(*results, strict=True)
    return [statistics.fmean(it.points / it.story.points for it in column) for column in columns]


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Whatever a template prints has gone through here: no control character gets past it.
        finalize=lambda value: block(value, WHOLE_TEXT) if type(value) is str else value,
    )
    style = (TEMPLATES / "report/report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(style=Markup(style), style_digest=digest)  # noqa: S704  # our own
    environment.filters.update(line=line, points=number, name=shown_name, handed_in_as=shown_id)
    return environment
