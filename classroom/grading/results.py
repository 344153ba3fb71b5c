"""What grading finds out: for each test, each story, each submission, and for the class.

These records are all that the reports are made of, and the lines of the journal.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from classroom.ideas import Idea, Story, Visibility


class State(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    UNGRADABLE = "ungradable"
    """Nothing could be tried: it does not start. ``reason`` says why, in plain words."""
    GRADER_ERROR = "grader_error"
    """We failed, not the student: no grade, and never a silent zero."""


class Outcome(StrEnum):
    """What became of one test."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    MISSING = "missing"
    """It was expected and did not report: counts as failed."""


@dataclass(frozen=True)
class TestResult:
    """One test: ``name`` is the function with its parameters, times are seconds."""

    name: str
    story: str
    outcome: Outcome
    seconds: float = 0.0
    exchanges: tuple[str, ...] = ()
    """The last requests with their answers, as text."""
    expected: str = ""
    """The assertion that failed, in its own words."""
    hint: str = ""
    """The test's docstring or its name as a sentence."""

    __test__ = False  # not a class of tests, whatever pytest makes of the name

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what ``dataclasses.asdict`` gave."""
        values = dict(data)
        values["outcome"] = Outcome(data["outcome"])
        values["exchanges"] = tuple(data["exchanges"])
        return cls(**values)


@dataclass(frozen=True)
class StoryResult:
    """A story with its tests; its points are split over them evenly."""

    story: Story
    tests: tuple[TestResult, ...]

    @property
    def points(self) -> float:
        """What was earned, to two decimals; all tests passed is exactly all points."""
        passed = sum(test.outcome is Outcome.PASSED for test in self.tests)
        return round(self.story.points * passed / len(self.tests), 2) if self.tests else 0.0

    @property
    def passed(self) -> bool:
        """Whether all of its tests passed."""
        return bool(self.tests) and all(t.outcome is Outcome.PASSED for t in self.tests)


@dataclass(frozen=True)
class Submission:
    """What one student handed in and what it is worth."""

    student: str
    """As intake read it: any text, even one with newlines or markup."""
    digest: str
    """SHA-256 of the files that were taken, in hexadecimal."""
    state: State
    tests: tuple[TestResult, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    """What intake left out or unpacked, for the teacher and the student."""
    seconds: float = 0.0
    sandboxed: bool = True
    name: str = ""
    """The person's name, where the learning platform's file name has it."""
    platform_id: str = ""
    """Moodle's or Canvas's number of the student or submission, where there is one."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data; ``from_json`` takes it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what ``to_json`` wrote."""
        values = dict(data)
        values["state"] = State(data["state"])
        values["tests"] = tuple(TestResult.from_json(test) for test in data["tests"])
        values["notes"] = tuple(data["notes"])
        return cls(**values)


@dataclass(frozen=True)
class Grades:
    """A class: the idea, the tests that were expected, and every submission."""

    idea: Idea
    submissions: tuple[Submission, ...]
    expected: dict[str, str] = field(default_factory=dict)
    """Every story test of the reference by name, with the id of its story."""

    def stories(self, submission: Submission) -> list[StoryResult]:
        """Return the stories of one submission; a test that is missing is one that failed.

        Without a grade there are no tests to believe.
        """
        found = {}
        if submission.state is State.GRADED:
            found = {test.name: test for test in submission.tests}
        tests: dict[str, list[TestResult]] = {story.id: [] for story in self.idea.stories}
        for name, story_id in self.expected.items():
            missing = TestResult(name, story_id, Outcome.MISSING)
            test = found.get(name, missing)
            if test.story in tests:
                tests[test.story].append(test)
        return [StoryResult(story, tuple(tests[story.id])) for story in self.idea.stories]

    def score(self, submission: Submission) -> float | None:
        """Return the sum of points, 0 to 100; None where there is no grade (our fault)."""
        if submission.state is State.GRADER_ERROR:
            return None
        if submission.state is State.UNGRADABLE:
            return 0.0
        return round(sum(result.points for result in self.stories(submission)), 2)


def shown(story: Story, *, after_due: bool) -> bool:
    """Tell whether a student may see the tests of ``story``, not only its points."""
    return story.visibility is Visibility.VISIBLE or (
        story.visibility is Visibility.AFTER_DUE and after_due
    )


def dump(submissions: Iterable[Submission]) -> str:
    """Return journal lines."""
    return "".join(json.dumps(it.to_json(), ensure_ascii=True) + "\n" for it in submissions)
