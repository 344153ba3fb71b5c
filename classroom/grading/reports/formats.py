"""Data for machines: our own JSON, JUnit XML, and the results of Gradescope and Classroom 50."""

import os
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from classroom.grading.results import Grades, Outcome, State, StoryResult, Submission, shown

from .explain import explain
from .tables import UNSANDBOXED
from .text import block, by_name, line, number, shown_id

TESTS_IN_FULL = 5
"""So many failed tests of a story are told with their requests; all failed tests are named."""


def grades_json(grades: Grades) -> dict[str, Any]:
    """Return the grades with every test, for programs; what was sent is in the journal."""
    idea = grades.idea
    about = [
        {"id": it.id, "text": it.text, "points": it.points, "visibility": it.visibility.value}
        for it in idea.stories
    ]
    told = {"slug": idea.slug, "title": idea.title, "stories": about}
    submissions = [_submission_json(grades, it) for it in by_name(grades.submissions)]
    data: dict[str, Any] = _clean({"idea": told, "grades": submissions})
    return data


def _submission_json(grades: Grades, submission: Submission) -> dict[str, Any]:
    results, total = grades.stories(submission), grades.score(submission)
    tests = [
        {"name": it.name, "story": it.story, "outcome": it.outcome.value, "seconds": it.seconds}
        for result in results
        for it in result.tests
    ]
    return {
        "student": submission.student,
        "name": submission.name,
        "platform_id": submission.platform_id,
        "digest": submission.digest,
        "state": submission.state.value,
        "reason": submission.reason,
        "notes": submission.notes,
        "sandboxed": submission.sandboxed,
        "seconds": submission.seconds,
        "total": total,
        "stories": None if total is None else {it.story.id: it.points for it in results},
        "tests": tests if submission.state is State.GRADED else [],
    }


def _clean(data: Any) -> Any:
    """Make every text fit for any reader of JSON: no lone surrogates, no control characters."""
    if isinstance(data, str):
        return block(data)
    if isinstance(data, dict):
        return {_clean(key): _clean(value) for key, value in data.items()}
    return [_clean(it) for it in data] if isinstance(data, list | tuple) else data


def junit(grades: Grades) -> str:
    """Return the class as JUnit XML, a suite for each student, a case for each test."""
    root = ET.Element("testsuites", name=grades.idea.slug)
    for submission in by_name(grades.submissions):
        root.append(_suite(grades, submission))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(grades: Grades, submission: Submission) -> ET.Element:
    tests = [test for result in grades.stories(submission) for test in result.tests]
    if submission.state is State.GRADER_ERROR:
        tests = []
    failed = sum(test.outcome is not Outcome.PASSED for test in tests)
    errors = int(submission.state is State.GRADER_ERROR)
    counts = {"tests": len(tests) + errors, "failures": failed, "errors": errors, "skipped": 0}
    suite = ET.Element("testsuite", name=shown_id(submission))
    suite.attrib.update({name: str(count) for name, count in counts.items()})
    suite.set("time", f"{submission.seconds:.3f}")
    score = grades.score(submission)
    facts = {
        "name": line(submission.name),
        "state": submission.state.value,
        "score": "" if score is None else number(score),
        "sandbox": "yes" if submission.sandboxed else UNSANDBOXED,
        "digest": line(submission.digest),
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=value)
    if errors:
        case = ET.SubElement(suite, "testcase", name="grading", classname="grader", time="0.000")
        ET.SubElement(case, "error", message=line(submission.reason), type="grader_error")
    for test in tests:
        about = {"name": line(test.name), "classname": line(test.story)}
        case = ET.SubElement(suite, "testcase", about, time=f"{test.seconds:.3f}")
        if test.outcome is not Outcome.PASSED:
            told = explain(test, grades.idea.slug)
            message = line(submission.reason) or told.summary
            failure = ET.SubElement(case, "failure", message=message, type=test.outcome.value)
            failure.text = told.as_text()
    return suite


def gradescope(grades: Grades, submission: Submission, *, after_due: bool) -> dict[str, Any]:
    """Return ``results.json`` of Gradescope: an entry for each story.

    Every entry is "visible", hidden stories too, whose output is left empty: a single entry with
    another visibility would hide the student's total. A hidden story so shows there what it shows
    in our own report: its name and its points.
    """
    entries = []
    for place, result in enumerate(grades.stories(submission), 1):
        may_see = shown(result.story, after_due=after_due)
        entries.append(
            {
                "name": line(result.story.text),
                "number": str(place),
                "score": result.points,
                "max_score": result.story.points,
                "status": "passed" if result.passed else "failed",
                "output": _output(grades, result) if may_see else "",
                "output_format": "text",
                "tags": [result.story.id],
                "visibility": "visible",
            }
        )
    stamp = [] if submission.sandboxed else [f"{UNSANDBOXED}: this was graded without a sandbox."]
    reason = [submission.reason] if submission.state is State.UNGRADABLE else []
    remarks = [*stamp, *reason, *submission.notes]
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
        in_full = place < TESTS_IN_FULL
        parts.append(f"✗ {told.title}\n{told.as_text()}" if in_full else f"✗ {told.title}")
    return "\n\n".join(parts)


def classroom50(grades: Grades, submission: Submission) -> dict[str, Any]:
    """Return ``result.json`` of Classroom 50: an entry for each story, in whole points.

    Points are rounded down, so that nobody who failed a test has all points of a story. Where the
    grader runs as Classroom 50's autograder, that says in the environment what it is about;
    elsewhere there is no commit to point to, and the submission's hash stands for it.
    """
    stamp = "" if submission.sandboxed else f" ({UNSANDBOXED})"
    entries = []
    for result in grades.stories(submission):
        passed = sum(test.outcome is Outcome.PASSED for test in result.tests)
        earned = result.story.points * passed // max(len(result.tests), 1)
        entry = {
            "test-name": f"{line(result.story.text)}{stamp}",
            "passed": result.passed,
            "score": earned,
        }
        entries.append({**entry, "max-score": result.story.points})
    told = os.environ.get
    tag = told("SUBMISSION_TAG") or f"submit/{line(submission.digest)[:12] or 'unknown'}"
    commit = told("COMMIT_URL") or tag
    return {
        "schema": "classroom50/result/v1",
        "classroom": told("CLASSROOM") or "local",
        "assignment": told("ASSIGNMENT") or grades.idea.slug,
        "assignment_type": "individual",
        "owner": shown_id(submission),
        "submission": tag,
        "commit": commit,
        "release": told("RELEASE_URL") or tag,
        "review": told("REVIEW_URL") or commit,
        "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(entry["score"] for entry in entries),
        "max-score": sum(entry["max-score"] for entry in entries),
        "tests": entries,
    }
