"""Data for machines: our own JSON, and JUnit XML."""

from typing import Any
from xml.etree import ElementTree as ET

from classroom.grading.results import Grades, Outcome, State, Submission, TestResult
from classroom.ideas import Idea

from .explain import explain
from .tables import UNSANDBOXED
from .text import block, by_name, line, number, shown_id

Json = dict[str, Any]


def grades_json(grades: Grades) -> Json:
    """Return the grades with every test, for programs; what was sent is in the journal."""
    submissions = []
    for submission in by_name(grades.submissions):
        submissions.append(_submission_json(grades, submission))
    data = {"idea": _idea_json(grades.idea), "grades": submissions}
    clean: Json = _clean(data)
    return clean


def _idea_json(idea: Idea) -> Json:
    stories = []
    for story in idea.stories:
        about = {
            "id": story.id,
            "text": story.text,
            "points": story.points,
            "visibility": story.visibility.value,
        }
        stories.append(about)
    return {"slug": idea.slug, "title": idea.title, "stories": stories}


def _submission_json(grades: Grades, submission: Submission) -> Json:
    total = grades.score(submission)
    stories = None
    if total is not None:
        stories = {}
        for result in grades.stories(submission):
            stories[result.story.id] = result.points
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
        "stories": stories,
        "tests": _tests_json(grades, submission),
    }


def _tests_json(grades: Grades, submission: Submission) -> list[Json]:
    found: list[Json] = []
    if submission.state is not State.GRADED:
        return found
    for result in grades.stories(submission):
        for test in result.tests:
            about = {
                "name": test.name,
                "story": test.story,
                "outcome": test.outcome.value,
                "seconds": test.seconds,
            }
            found.append(about)
    return found


def _clean(data: Any) -> Any:
    """Make every text fit for any reader of JSON: no lone surrogates, no control characters."""
    if isinstance(data, str):
        return block(data)
    if isinstance(data, dict):
        return {_clean(key): _clean(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_clean(value) for value in data]
    return data


def junit(grades: Grades) -> str:
    """Return the class as JUnit XML, a suite for each student, a case for each test."""
    root = ET.Element("testsuites", name=grades.idea.slug)
    for submission in by_name(grades.submissions):
        root.append(_suite(grades, submission))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(grades: Grades, submission: Submission) -> ET.Element:
    suite = ET.Element("testsuite", name=shown_id(submission))
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(grades, submission).items():
        ET.SubElement(properties, "property", name=name, value=value)
    tests = 0
    failures = 0
    errors = 0
    if submission.state is State.GRADER_ERROR:
        tests = errors = 1
        suite.append(_our_fault(submission))
    else:
        for result in grades.stories(submission):
            for test in result.tests:
                tests += 1
                failures += test.outcome is not Outcome.PASSED
                suite.append(_case(grades, submission, test))
    suite.set("tests", str(tests))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    suite.set("skipped", "0")
    suite.set("time", f"{submission.seconds:.3f}")
    return suite


def _facts(grades: Grades, submission: Submission) -> dict[str, str]:
    score = grades.score(submission)
    return {
        "name": line(submission.name),
        "state": submission.state.value,
        "score": "" if score is None else number(score),
        "sandbox": "yes" if submission.sandboxed else UNSANDBOXED,
        "digest": line(submission.digest),
    }


def _our_fault(submission: Submission) -> ET.Element:
    case = ET.Element("testcase", name="grading", classname="grader", time="0.000")
    error = ET.SubElement(case, "error", type="grader_error")
    error.set("message", line(submission.reason))
    return case


def _case(grades: Grades, submission: Submission, test: TestResult) -> ET.Element:
    case = ET.Element("testcase")
    case.set("name", line(test.name))
    case.set("classname", line(test.story))
    case.set("time", f"{test.seconds:.3f}")
    if test.outcome is not Outcome.PASSED:
        told = explain(test, grades.idea.slug)
        failure = ET.SubElement(case, "failure")
        failure.set("message", line(submission.reason) or told.summary)
        failure.set("type", test.outcome.value)
        failure.text = told.as_text()
    return case
