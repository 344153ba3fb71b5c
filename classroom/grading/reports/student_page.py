"""What a student learns of a submission, as a page."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from classroom.grading.results import Grades, Outcome, StoryResult, Submission, shown
from classroom.ideas import Story, Visibility

from .explain import Told, explain, sentence
from .pages import page

IN_FULL = 5
"""So many failed tests of a story are told with all that was sent; the others are named."""
TROUBLES = 3
"""So many exceptions come first."""

TOLD = {
    Visibility.HIDDEN: "Its tests are hidden: you see your points alone.",
    Visibility.AFTER_DUE: "Its tests are shown after the due date.",
}


@dataclass(frozen=True)
class StoryView:
    """A story on a student's page."""

    story: Story
    points: float
    passed: tuple[str, ...] = ()
    failed: tuple[Told, ...] = ()
    secret: str = ""
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
    package = grades.idea.slug
    views = [_view(result, package, after_due=after_due) for result in results]
    return page(
        "report/student.html",
        idea=grades.idea,
        submission=submission,
        total=grades.score(submission),
        views=views,
        in_full=IN_FULL,
        troubles=_troubles(views),
    )


def _view(result: StoryResult, package: str, *, after_due: bool) -> StoryView:
    story = result.story
    if not shown(story, after_due=after_due):
        return StoryView(story, result.points, secret=TOLD[story.visibility])
    passed = []
    failed = []
    for test in result.tests:
        if test.outcome is Outcome.PASSED:
            passed.append(sentence(test.name))
        else:
            failed.append(explain(test, package))
    return StoryView(story, result.points, tuple(passed), tuple(failed))


def _troubles(views: Iterable[StoryView]) -> list[Trouble]:
    """Return exceptions that several tests failed by, those that cost most points first."""
    tests: Counter[tuple[str, str]] = Counter()
    points: defaultdict[tuple[str, str], float] = defaultdict(float)
    for view in views:
        total = len(view.passed) + len(view.failed)
        for told in view.failed:
            if told.cause is None:
                continue
            key = (told.cause.error, told.cause.place)
            tests[key] += 1
            points[key] += view.story.points / total
    found = []
    for key, count in tests.items():
        if count > 1:
            error, place = key
            found.append(Trouble(error, place, count, points[key]))
    found.sort(key=lambda trouble: (-trouble.points, trouble.error, trouble.place))
    return found[:TROUBLES]
