"""Tables for spreadsheets and for the gradebooks of Moodle and Canvas."""

import csv
import html
import io
from collections.abc import Iterable

from classroom.grading.results import Grades, State, Submission

from .text import by_name, cell, line, number, shown_name

Row = Iterable[str | float | None]

UNSANDBOXED = "UNSANDBOXED"
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


def grades_csv(grades: Grades) -> str:
    """Return the class: a row for each student, a column for each story."""
    titles = [story.id for story in grades.idea.stories]
    rows: list[Row] = [["name", "id", "state", "sandbox", "total", *titles, "notes"]]
    for submission in by_name(grades.submissions):
        total = grades.score(submission)
        points = [None if total is None else result.points for result in grades.stories(submission)]
        sandbox = "yes" if submission.sandboxed else UNSANDBOXED
        about = [shown_name(submission), submission.student, submission.state.value, sandbox]
        rows.append([*about, total, *points, _notes(submission)])
    return _BYTE_ORDER_MARK + _csv(rows)


def moodle_csv(grades: Grades) -> str:
    """Return Moodle's offline grading worksheet.

    It has those whom Moodle's number identifies and who have a grade: a row without either would
    stop the import or do nothing. Its importer wants these three titles: "Identifier", "Grade",
    "Last modified (grade)"; the feedback is HTML to it.
    """
    titles = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"]
    rows: list[Row] = [[*titles, "Feedback comments"]]
    for submission in by_name(grades.submissions):
        total = grades.score(submission)
        if total is not None and submission.platform_id.isdecimal():
            number_there = f"Participant {submission.platform_id}"
            feedback = html.escape(_feedback(grades, submission), quote=False)
            rows.append([number_there, shown_name(submission), total, _all(grades), None, feedback])
    return _csv(rows)


def canvas_csv(grades: Grades) -> str:
    """Return Canvas's gradebook with one assignment, named as the idea is.

    Canvas finds a student by its own number, else by login, else by name. Who has no grade is left
    out: an empty cell would erase what is there.
    """
    assignment = grades.idea.title
    if not all(submission.sandboxed for submission in grades.submissions):
        assignment += f" ({UNSANDBOXED})"
    titles = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    rows: list[Row] = [titles, ["Points Possible", None, None, None, None, _all(grades)]]
    for submission in by_name(grades.submissions):
        total = grades.score(submission)
        if total is not None:
            login = None if submission.platform_id else submission.student
            rows.append([shown_name(submission), submission.platform_id, None, login, None, total])
    return _csv(rows)


def _all(grades: Grades) -> int:
    return sum(story.points for story in grades.idea.stories)


def _notes(submission: Submission) -> str:
    reason = [submission.reason] if submission.state is not State.GRADED else []
    return " · ".join(line(note) for note in [*reason, *submission.notes])


def _feedback(grades: Grades, submission: Submission) -> str:
    sandbox = [] if submission.sandboxed else [UNSANDBOXED]
    if submission.state is State.UNGRADABLE:
        return " · ".join([*sandbox, f"It could not be graded: {line(submission.reason)}"])
    results = grades.stories(submission)
    points = [f"{it.story.id} {number(it.points)}/{it.story.points}" for it in results]
    return " · ".join([*sandbox, *points])


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[cell(value) for value in row] for row in rows])
    return text.getvalue()
