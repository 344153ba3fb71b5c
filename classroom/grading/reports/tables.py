"""Tables for spreadsheets and for the gradebooks of Moodle and Canvas."""

import csv
import html
import io
from collections.abc import Iterable, Sequence

from classroom.grading.results import Grades, State, Submission

from .text import by_name, cell, line, number, shown_name

Row = Sequence[str | float | None]

UNSANDBOXED = "UNSANDBOXED"
SEPARATOR = " · "
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


def grades_csv(grades: Grades) -> str:
    """Return the class: a row for each student, a column for each story."""
    titles = ["name", "id", "state", "sandbox", "total"]
    titles += [story.id for story in grades.idea.stories]
    titles.append("notes")
    rows: list[Row] = [titles]
    for submission in by_name(grades.submissions):
        rows.append(_row(grades, submission))
    return _BYTE_ORDER_MARK + _csv(rows)


def _row(grades: Grades, submission: Submission) -> Row:
    total = grades.score(submission)
    row: list[str | float | None] = [
        shown_name(submission),
        submission.student,
        submission.state.value,
        "yes" if submission.sandboxed else UNSANDBOXED,
        total,
    ]
    for result in grades.stories(submission):
        row.append(None if total is None else result.points)
    row.append(_notes(submission))
    return row


def moodle_csv(grades: Grades) -> str:
    """Return Moodle's offline grading worksheet.

    It has those whom Moodle's number identifies and who have a grade: a row without either would
    stop the import or do nothing. Its importer wants these three titles: "Identifier", "Grade",
    "Last modified (grade)"; the feedback is HTML to it.
    """
    titles = [
        "Identifier",
        "Full name",
        "Grade",
        "Maximum Grade",
        "Last modified (grade)",
        "Feedback comments",
    ]
    rows: list[Row] = [titles]
    for submission in by_name(grades.submissions):
        total = grades.score(submission)
        if total is None or not submission.platform_id.isdecimal():
            continue
        row: Row = [
            f"Participant {submission.platform_id}",
            shown_name(submission),
            total,
            _all(grades),
            None,
            html.escape(_feedback(grades, submission), quote=False),
        ]
        rows.append(row)
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
    possible = ["Points Possible", None, None, None, None, _all(grades)]
    rows: list[Row] = [titles, possible]
    for submission in by_name(grades.submissions):
        total = grades.score(submission)
        if total is None:
            continue
        number_there = submission.platform_id
        login = None if number_there else submission.student
        rows.append([shown_name(submission), number_there, None, login, None, total])
    return _csv(rows)


def _all(grades: Grades) -> int:
    return sum(story.points for story in grades.idea.stories)


def _notes(submission: Submission) -> str:
    notes = list(submission.notes)
    if submission.state is not State.GRADED:
        notes.insert(0, submission.reason)
    return SEPARATOR.join(line(note) for note in notes)


def _feedback(grades: Grades, submission: Submission) -> str:
    parts = []
    if not submission.sandboxed:
        parts.append(UNSANDBOXED)
    if submission.state is State.UNGRADABLE:
        parts.append(f"It could not be graded: {line(submission.reason)}")
        return SEPARATOR.join(parts)
    for result in grades.stories(submission):
        story = result.story
        parts.append(f"{story.id} {number(result.points)}/{story.points}")
    return SEPARATOR.join(parts)


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(cell(value) for value in row)
    return text.getvalue()
