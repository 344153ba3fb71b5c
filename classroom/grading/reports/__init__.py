"""The reports of a class: pages for people, tables for learning platforms, data for machines.

``write_reports`` fills a folder from ``Grades``. The same grades give the same bytes, but for the
time in Classroom 50's files. What came from a student, his name included, is shown as text and can
do nothing: see ``text``.
"""

import glob
import json
from pathlib import Path

from classroom.grading.results import Grades, State
from classroom.render import replace_file

from .autograders import classroom50, gradescope
from .class_page import class_page
from .formats import grades_json, junit
from .student_page import student_page
from .tables import canvas_csv, grades_csv, moodle_csv
from .text import file_names

__all__ = ["write_reports"]

OF_STUDENTS = (
    "students/*.html",
    "gradescope/*/results.json",
    "classroom50/*/result.json",
)


def write_reports(grades: Grades, out: Path, *, after_due: bool = False) -> None:
    """Write every report into ``out``, each file whole or not at all.

    ``after_due`` shows students the tests of the stories that they may see after the due date.
    Reports in ``out`` of students who are not in ``grades`` are removed.
    """
    names = file_names(grades.submissions)
    files = {
        "grades.csv": grades_csv(grades),
        "moodle.csv": moodle_csv(grades),
        "canvas.csv": canvas_csv(grades),
        "class.html": class_page(grades, names),
        "grades.json": _json(grades_json(grades)),
        "junit.xml": junit(grades),
    }
    for submission in grades.submissions:
        name = names[submission]
        page = student_page(grades, submission, after_due=after_due)
        files[f"students/{name}.html"] = page
        if submission.state is State.GRADER_ERROR:
            continue  # no grade, so nothing to upload as one
        result = gradescope(grades, submission, after_due=after_due)
        files[f"gradescope/{name}/results.json"] = _json(result)
        result = classroom50(grades, submission)
        files[f"classroom50/{name}/result.json"] = _json(result)
    for path, text in files.items():
        file = out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, text)
    _remove_others(out, set(files))


def _json(data: object) -> str:
    return json.dumps(data, indent=2) + "\n"


def _remove_others(out: Path, kept: set[str]) -> None:
    """Remove what an earlier run wrote for students who are gone, and what it had half written."""
    for path in kept:
        file = out / path
        for half in file.parent.glob(f".{glob.escape(file.name)}.????????"):
            half.unlink()
    for pattern in OF_STUDENTS:
        for file in sorted(out.glob(pattern)):
            if file.relative_to(out).as_posix() in kept:
                continue
            file.unlink()
            has_own_folder = pattern.count("/") > 1
            if has_own_folder and not any(file.parent.iterdir()):
                file.parent.rmdir()
