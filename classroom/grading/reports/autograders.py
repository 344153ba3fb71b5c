"""Results for autograders, an entry for each story: Gradescope and Classroom 50."""

import os
from datetime import UTC, datetime
from typing import Any

from classroom.grading.results import Grades, Outcome, State, StoryResult, Submission, shown

from .explain import explain
from .tables import UNSANDBOXED
from .text import block, line, shown_id

TESTS_IN_FULL = 5
"""So many failed tests of a story are told with their requests; all failed tests are named."""


def gradescope(grades: Grades, submission: Submission, *, after_due: bool) -> dict[str, Any]:
    """Return ``results.json`` of Gradescope: an entry for each story.

    Every entry is "visible", hidden stories too, whose output is left empty: a single entry with
    another visibility would hide the student's total. A hidden story so shows there what it shows
    in our own report: its name and its points.
    """
    entries = []
    for place, result in enumerate(grades.stories(submission), 1):
        story = result.story
        may_see = shown(story, after_due=after_due)
        entry = {
            "name": line(story.text),
            "number": str(place),
            "score": result.points,
            "max_score": story.points,
            "status": "passed" if result.passed else "failed",
            "output": _output(grades, result) if may_see else "",
            "output_format": "text",
            "tags": [story.id],
            "visibility": "visible",
        }
        entries.append(entry)
    remarks = []
    if not submission.sandboxed:
        remarks.append(f"{UNSANDBOXED}: this was graded without a sandbox.")
    if submission.state is State.UNGRADABLE:
        remarks.append(submission.reason)
    remarks += submission.notes
    return {
        "score": grades.score(submission),
        "execution_time": round(submission.seconds, 3),
        "output": block("\n".join(remarks)),
        # The default of the output at the top would be HTML.
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": entries,
        "extra_data": {"state": submission.state.value, "sandboxed": submission.sandboxed},
    }


def _output(grades: Grades, result: StoryResult) -> str:
    failed = [test for test in result.tests if test.outcome is not Outcome.PASSED]
    passed = len(result.tests) - len(failed)
    parts = [f"{passed} of {len(result.tests)} tests passed."]
    for place, test in enumerate(failed):
        told = explain(test, grades.idea.slug)
        part = f"✗ {told.title}"
        if place < TESTS_IN_FULL:
            part += f"\n{told.as_text()}"
        parts.append(part)
    return "\n\n".join(parts)


def classroom50(grades: Grades, submission: Submission) -> dict[str, Any]:
    """Return ``result.json`` of Classroom 50: an entry for each story, in whole points.

    Points are rounded down, so that nobody who failed a test has all points of a story. Where the
    grader runs as Classroom 50's autograder, that says in the environment what it is about;
    elsewhere there is no commit to point to, and the submission's hash stands for it.
    """
    stamp = "" if submission.sandboxed else f" ({UNSANDBOXED})"
    entries = []
    total = 0
    for result in grades.stories(submission):
        passed = sum(test.outcome is Outcome.PASSED for test in result.tests)
        points = result.story.points
        earned = points * passed // max(len(result.tests), 1)
        total += earned
        entry = {
            "test-name": f"{line(result.story.text)}{stamp}",
            "passed": result.passed,
            "score": earned,
            "max-score": points,
        }
        entries.append(entry)
    digest = line(submission.digest)[:12] or "unknown"
    tag = _told("SUBMISSION_TAG", f"submit/{digest}")
    commit = _told("COMMIT_URL", tag)
    return {
        "schema": "classroom50/result/v1",
        "classroom": _told("CLASSROOM", "local"),
        "assignment": _told("ASSIGNMENT", grades.idea.slug),
        "assignment_type": "individual",
        "owner": shown_id(submission),
        "submission": tag,
        "commit": commit,
        "release": _told("RELEASE_URL", tag),
        "review": _told("REVIEW_URL", commit),
        "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": total,
        "max-score": sum(story.points for story in grades.idea.stories),
        "tests": entries,
    }


def _told(name: str, otherwise: str) -> str:
    """Return what the environment says, unless that is nothing."""
    return os.environ.get(name) or otherwise
