"""Reports say what the grades are, in every format, and nothing from a student does anything."""

import ast
import csv
import io
import json
import random
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from classroom.grading.reports import write_reports
from classroom.grading.reports.explain import explain, sentence
from classroom.grading.reports.text import block, cell, file_names, line
from classroom.grading.results import Grades, Outcome, State, Submission, TestResult
from classroom.handout.cutting import story_of
from classroom.ideas import Idea, Story, Visibility, discover

DATA = Path(__file__).parent / "data"
JUNIT = xmlschema.XMLSchema(DATA / "junit.xsd")
GRADESCOPE = json.loads((DATA / "gradescope.schema.json").read_text())
CLASSROOM50 = json.loads((DATA / "classroom50.schema.json").read_text())

STORIES = (
    Story("save", "A note is saved and read back.", 40, Visibility.VISIBLE),
    Story("find", "Notes are found by a word.", 35, Visibility.VISIBLE),
    Story("late", "Nothing is lost.", 20, Visibility.AFTER_DUE),
    Story("secret", "Nobody reads the notes of another.", 5, Visibility.HIDDEN),
)
IDEA = Idea("notes", "Notes", "Notes.", "crud", 1, 20, (), (), STORIES, (), Path("notes"))
EXPECTED = {
    "test_note_is_saved": "save",
    "test_note_is_read_back": "save",
    "test_empty_note_is_refused[-1]": "save",
    "test_notes_are_found": "find",
    "test_found_notes_come_in_pages": "find",
    "test_old_notes_are_kept": "late",
    "test_note_of_another_is_a_404": "secret",
}
TRACEBACK = """\
The application raised:
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/flask/app.py", line 917, in full_dispatch_request
    rv = self.dispatch_request()
  File "/app/notes/routes.py", line 30, in save
    codes.clean(text)
  File "/app/notes/codes.py", line 7, in clean
    raise NotImplementedError("Write it.")
  File "/home/notes/common/api.py", line 3, in checked
    return view()
NotImplementedError: Write it.
"""
EXCHANGE = """\
→ POST /notes  {'text': 'MARK-SENT'}
← 500 INTERNAL SERVER ERROR
  {"title": "MARK-CAME-BACK"}"""

HOSTILE = [
    "=cmd()",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "ana;=HYPERLINK(1)",
    "two\nlines",
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "",
    " ",
    "CON",
    "x" * 5000,
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><b>",
    "]]>&amp;&lt;{{ 7*7 }}{% raw %}",
    "\x1b[31mred\x1b]0;title\x07",
    "nul\0nul",
    "\x85\x9b\x7f",
    "lone \ud800 surrogate \udcff",
    "\u202eevil\u202c \u200bzero\ufeff",
    "\ufffe\uffff",
    "שלום",
    "e" + "\u0301" * 300,
]


def result(name, outcome=Outcome.FAILED, **more):
    return TestResult(name, EXPECTED[name], outcome, 0.1, **more)


def submission(student="ana", failed=(), state=State.GRADED, **more):
    tests = [
        result(name, exchanges=(TRACEBACK, EXCHANGE), expected="MARK-EXPECTED", hint="MARK-HINT")
        if name in failed
        else result(name, Outcome.PASSED)
        for name in EXPECTED
    ]
    given = {"digest": "ab" * 32, "state": state, "tests": tuple(tests), "seconds": 1.5, **more}
    if state is not State.GRADED:
        given["tests"] = ()
    return Submission(student, **given)


@pytest.fixture
def report(tmp_path):
    """Write reports of these submissions; read them by name."""

    def write(*submissions, expected=EXPECTED, **options):
        write_reports(Grades(IDEA, submissions, expected), tmp_path / "out", **options)
        return files_of(tmp_path / "out")

    return write


def files_of(folder):
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in files}


def parsed(text):
    return ET.fromstring(text)  # noqa: S314  # we made it


def rows(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


# a class of thirty in each project


def made_up_class(idea):
    """Return grades as a class may have them: the project's real tests, invented results."""
    chance = random.Random(idea.slug)
    tree = ast.parse((idea.folder / "tests/test_stories.py").read_text("utf-8"))
    stories = {node.name: story for node in tree.body if (story := story_of(node))}
    submissions = []
    for number in range(30):
        skill = chance.choice([1, 1, 0.95, 0.8, 0.5, 0.2])
        tests = tuple(
            TestResult(name, story, Outcome.PASSED, chance.random() / 10)
            if chance.random() < skill
            else TestResult(
                name,
                story,
                chance.choice([Outcome.FAILED] * 9 + [Outcome.TIMEOUT]),
                chance.random(),
                (TRACEBACK.replace("notes", idea.slug), EXCHANGE) * chance.randrange(3),
                "It should be another status\nassert 500 == 201\n +  where 500 = <…>.status_code",
            )
            for name, story in stories.items()
        )
        state = State.GRADER_ERROR if number == 7 else State.GRADED
        state = State.UNGRADABLE if number in {11, 19} else state
        gone = state is not State.GRADED
        submissions.append(
            Submission(
                f"student{number:02}",
                f"{number:064x}",
                state,
                () if gone else tests,
                "SyntaxError in codes.py, line 3" if gone else "",
                ("conftest.py was left out.",) if number % 9 == 0 else (),
                1 + chance.random(),
                name=f"Student Number {number:02}",
                platform_id=str(4000 + number),
            )
        )
    return Grades(idea, tuple(submissions), stories)


@pytest.fixture(scope="module", params=discover(), ids=lambda idea: idea.slug)
def graded_class(request, tmp_path_factory):
    grades = made_up_class(request.param)
    out = tmp_path_factory.mktemp("class")
    write_reports(grades, out)
    return grades, files_of(out)


def test_all_formats_agree_on_every_total(graded_class):
    grades, files = graded_class
    by_id = {row["id"]: row for row in rows(files["grades.csv"])}
    moodle = {row["Full name"]: row["Grade"] for row in rows(files["moodle.csv"])}
    canvas = {row["Student"]: row[grades.idea.title] for row in rows(files["canvas.csv"])}
    suites = {suite.get("name"): suite for suite in parsed(files["junit.xml"])}
    known = {entry["student"]: entry for entry in json.loads(files["grades.json"])["grades"]}
    for student in grades.submissions:
        total = grades.score(student)
        row = by_id[student.student]
        score = suites[student.student].find("properties/property[@name='score']").get("value")
        assert known[student.student]["total"] == total
        if total is None:
            assert row["total"] == score == ""
            assert student.name not in moodle
            assert student.name not in canvas
            continue
        gradescope = json.loads(files[f"gradescope/{student.student}/results.json"])
        texts = [row["total"], score, moodle[student.name], canvas[student.name]]
        assert [float(text) for text in texts] == [total] * 4
        assert gradescope["score"] == total
        stories = sum(float(row[story.id]) for story in grades.idea.stories)
        in_gradescope = sum(entry["score"] for entry in gradescope["tests"])
        assert stories == pytest.approx(total)
        assert in_gradescope == pytest.approx(total)


def test_files_fit_their_schemas(graded_class):
    _, files = graded_class

    suites = parsed(files["junit.xml"])
    for more in suites[5:]:  # to validate takes long
        suites.remove(more)
    JUNIT.validate(ET.tostring(suites, encoding="unicode"))
    for name, text in files.items():
        if name.startswith("gradescope/"):
            jsonschema.validate(json.loads(text), GRADESCOPE)
        if name.startswith("classroom50/"):
            jsonschema.validate(json.loads(text), CLASSROOM50)


def test_junit_counts_are_those_of_its_cases(graded_class):
    _, files = graded_class
    for suite in parsed(files["junit.xml"]):
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors")) == len(suite.findall("testcase/error"))


def test_pages_are_whole_and_without_script(graded_class):
    _, files = graded_class
    for name, text in files.items():
        if name.endswith(".html"):
            check_page(text)


def test_a_class_is_reported_in_little_time(graded_class, tmp_path):
    grades, _ = graded_class
    before = time.process_time()
    write_reports(grades, tmp_path)
    assert time.process_time() - before < 5


class Page(HTMLParser):
    """The tags, the attributes and the text of a page."""

    VOID = frozenset({"meta", "br", "rect", "line", "img"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), [], ""
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        self.text += " "
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_endtag(self, tag):
        if tag == "rect":
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def check_page(text):
    """See that a page has nothing that acts or loads."""
    page = Page(text)
    assert not page.tags & {"script", "img", "iframe", "object", "embed", "link", "form", "base"}
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "style", "srcset", "action", "xlink:href"}
        if name == "href":
            assert tag == "a"
            assert re.fullmatch(r"students/[A-Za-z0-9._-]+\.html", value)
    policy = [
        value for tag, name, value in page.attributes if tag == "meta" and "default-src" in value
    ]
    assert len(policy) == 1
    assert "default-src 'none'; style-src 'sha256-" in policy[0]
    assert "unsafe" not in policy[0]
    return page


# what strangers write


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_of_strangers_does_nothing(report, tmp_path, text):
    (tmp_path / "etc").mkdir()
    tests = tuple(
        result(name, exchanges=(text, f"→ {text}\n← {text}"), expected=text, hint=text)
        for name in EXPECTED
    )
    hostile = Submission(
        text, text, State.GRADED, tests, text, (text,), 1.0, name=text, platform_id=text
    )
    others = [
        replace(hostile, student=f"{text}1", state=State.UNGRADABLE, tests=()),
        replace(hostile, student=f"{text}2", state=State.GRADER_ERROR, tests=(), name=""),
    ]

    files = report(hostile, *others, after_due=True)

    everything = [file.relative_to(tmp_path).parts[0] for file in tmp_path.rglob("*")]
    assert set(everything) == {"out", "etc"}, "nothing is written beside the folder"
    assert not list((tmp_path / "etc").iterdir())
    assert len([name for name in files if name.startswith("students/")]) == 3
    for name, content in files.items():
        bad = re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200b\ud800-\udfff]", content)
        assert not bad, f"{bad[0]!r} in {name}"
        if name.endswith(".html"):
            check_page(content)
        if name.endswith(".csv"):
            assert not formulas(content), name
        if name.endswith(".json"):
            assert not re.search(r"\\u(00[01]|d[89a-f])", content.replace(r"\\", "")), name
            json.loads(content)
    JUNIT.validate(files["junit.xml"])


def formulas(text):
    """Return what a spreadsheet would calculate, however it splits the lines."""
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    cells += [part for cell in cells for part in re.split("[;\t]", cell)]
    return [it for it in cells if it[:1] in tuple("=+-@\t\r") and not re.fullmatch(r"[+-]?\d+", it)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=cmd()", "'=cmd()"),
        ("+A1", "'+A1"),
        ("-A1", "'-A1"),
        ("@SUM", "'@SUM"),
        ("\uff1dcmd()", "'\uff1dcmd()"),  # the equals sign of a Japanese keyboard
        ("\t=1", "␉=1"),
        ("\r=1", "␍=1"),
        ("a;=1", "a;'=1"),
        ("-5", "-5"),
        ("+4.5", "+4.5"),
        (-5.25, "-5.25"),
        (12.0, "12"),
        (100, "100"),
        (0, "0"),
        (None, ""),
        ("O'Neill, Tara-Ann", "O'Neill, Tara-Ann"),
    ],
)
def test_cells_are_no_formulas_and_numbers_stay_numbers(value, shown):
    assert cell(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[1m", "a␛[1m"),
        ("a\nb", "a␊b"),
        ("a\0", "a␀"),
        ("\u202ea", "⟨U+202E⟩a"),
        ("ana\u200d", "ana⟨U+200D⟩"),
        ("\u0646\u0645\u06cc\u200c\u062e", "\u0646\u0645\u06cc\u200c\u062e"),  # Persian needs it
        ("👩\u200d💻", "👩\u200d💻"),
        ("\ud800", "⟨U+D800⟩"),
        ("Jūratė 李", "Jūratė 李"),
        ("x" * 400, "x" * 300 + " … (100 more characters)"),
    ],
)
def test_what_is_invisible_becomes_visible(text, shown):
    assert line(text) == shown


def test_blocks_keep_line_breaks_and_tabs():
    assert block("a\r\nb\n\tc\rd") == "a\nb\n\tc␍d"


def test_a_line_of_a_megabyte_is_cut_everywhere(report):
    huge = "<&=\x00" * 250_000
    tests = tuple(
        result(name, exchanges=(f"→ GET /\n← 200 OK\n  {huge}", huge), expected=huge, hint=huge)
        for name in EXPECTED
    )

    files = report(Submission("ana", "ab", State.GRADED, tests, "", (huge,), name=huge))

    assert max(map(len, files.values())) < 200_000


@pytest.mark.parametrize(
    "students",
    [
        ["Ana López", "Ana Lopez", "Ana-Lopez", "ana-lopez"],
        ["ana", "Ana", "ANA", "ana.", "ana "],
        ["../x", "..\\x", "/x", "x", "x\0", ".x", "-x"],
        ["con", "CON.txt", "nul", "lpt1"],
        ["李", "王", "", "\u202e", "\ud800", "..", "."],
        ["a" * 300, "a" * 300 + "b", "a" * 60, "a" * 61],
    ],
    ids=["accents", "case", "paths", "devices", "nothing left", "long"],
)
def test_every_student_has_a_file_name_that_is_safe_everywhere(students):
    names = file_names(submission(student) for student in students)

    assert len({name.casefold() for name in names.values()}) == len(students)
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", name)
        assert not name.endswith(".")
        assert name.partition(".")[0].casefold() not in {"con", "nul", "lpt1"}


def test_file_names_can_be_read():
    [name] = file_names([submission("S\u00f8ren W\u00e4gne\u00df")]).values()

    assert name.startswith("Soren-Wagness-")


def test_nobody_takes_the_file_name_of_another_by_his_own_name():
    [stolen] = file_names([submission("Ana López")]).values()

    names = file_names([submission("Ana López"), submission(stolen)])

    assert names[submission(stolen)] == stolen
    assert names[submission("Ana López")] == f"{stolen}-2"


# what is shown to whom


def student_files(files, student="ana"):
    """Return what a student gets to see."""
    return files[f"students/{student}.html"], files[f"gradescope/{student}/results.json"]


@pytest.mark.parametrize(
    ("test", "after_due", "told"),
    [
        ("test_notes_are_found", False, True),
        ("test_old_notes_are_kept", False, False),
        ("test_old_notes_are_kept", True, True),
        ("test_note_of_another_is_a_404", False, False),
        ("test_note_of_another_is_a_404", True, False),
    ],
)
def test_a_story_is_told_as_its_visibility_says(report, test, after_due, told):
    files = report(submission(failed=[test]), after_due=after_due)

    story = next(story for story in STORIES if story.id == EXPECTED[test])
    for text in student_files(files):
        assert story.text in text, "its name is always there"
        for mark in ("MARK-SENT", "MARK-CAME-BACK", "MARK-EXPECTED", "MARK-HINT", sentence(test)):
            assert (mark in text) is told, f"{mark} and {story.visibility}"
        assert ("NotImplementedError" in text) is told


def test_points_of_hidden_stories_are_shown(report):
    page, gradescope = student_files(report(submission(failed=["test_note_of_another_is_a_404"])))

    assert "<strong>95</strong>" in page
    assert "<strong>0</strong><span> of 5</span>" in page
    hidden = json.loads(gradescope)["tests"][3]
    assert (hidden["score"], hidden["max_score"], hidden["output"]) == (0, 5, "")


def test_gradescope_hides_no_entry_for_that_would_hide_the_total(report):
    _, gradescope = student_files(report(submission()))

    assert {entry["visibility"] for entry in json.loads(gradescope)["tests"]} == {"visible"}


def test_gradescope_takes_no_output_for_html(report):
    data = json.loads(student_files(report(submission(notes=("<b>",))))[1])

    assert data["output"] == "<b>"
    assert data["output_format"] == data["test_output_format"] == data["test_name_format"] == "text"


def test_the_teacher_sees_hidden_tests(report):
    files = report(submission(failed=["test_note_of_another_is_a_404"]))

    assert "Note of another is a 404" in files["class.html"]
    assert "MARK-SENT" in files["junit.xml"]


# the three states


def test_our_own_failure_is_never_a_zero(report):
    files = report(submission(), submission("bo", state=State.GRADER_ERROR, reason="disk full"))

    row = next(row for row in rows(files["grades.csv"]) if row["id"] == "bo")
    assert (row["state"], row["total"], row["save"]) == ("grader_error", "", "")
    assert "disk full" in row["notes"]
    assert "bo" not in {row["Student"] for row in rows(files["canvas.csv"])}
    assert "gradescope/bo/results.json" not in files
    assert "classroom50/bo/result.json" not in files
    assert 'type="grader_error"' in files["junit.xml"]
    assert "No grade: the grader failed" in files["class.html"]
    assert "not your fault" in files["students/bo.html"]
    assert "disk full" not in files["students/bo.html"]


def test_what_does_not_start_has_no_points_and_a_reason(report):
    reason = "codes.py, line 3: '(' was never closed"
    files = report(submission(state=State.UNGRADABLE, reason=reason, platform_id="17"))

    [row] = rows(files["grades.csv"])
    assert (row["total"], row["save"], row["notes"]) == ("0", "0", reason)
    [moodle] = rows(files["moodle.csv"])
    assert (moodle["Identifier"], moodle["Grade"]) == ("Participant 17", "0")
    assert reason in moodle["Feedback comments"]
    page, gradescope = student_files(files)
    assert reason in Page(page).text
    assert reason in json.loads(gradescope)["output"]
    assert json.loads(gradescope)["score"] == 0
    assert json.loads(files["classroom50/ana/result.json"])["score"] == 0
    assert "Could not start" in files["class.html"]


def test_results_of_what_is_not_graded_are_not_believed(report):
    passed = submission().tests
    files = report(replace(submission(), state=State.UNGRADABLE, tests=passed))

    assert rows(files["grades.csv"])[0]["save"] == "0"
    assert json.loads(files["classroom50/ana/result.json"])["score"] == 0


def test_a_missing_test_is_a_failed_one(report):
    some = submission().tests[:-1]
    files = report(submission(tests=some))

    assert rows(files["grades.csv"])[0]["secret"] == "0"
    assert 'type="missing"' in files["junit.xml"]


def test_nobody_there_is_a_report_too(report):
    files = report()

    check_page(files["class.html"])
    JUNIT.validate(files["junit.xml"])
    assert rows(files["grades.csv"]) == []


def test_unsandboxed_is_stamped_on_every_report(report):
    files = report(submission(failed=EXPECTED, sandboxed=False, platform_id="1"))

    assert len(files) == 9
    for name, text in files.items():
        assert ('"sandboxed": false' if name == "grades.json" else "UNSANDBOXED") in text, name


# the platforms


def test_canvas_knows_a_student_by_its_number_or_else_by_login(report):
    files = report(submission("ana7", name="Ana", platform_id="41"), submission("bo"))

    assert files["canvas.csv"].splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Notes",
        "Points Possible,,,,,100",
        "Ana,41,,,,100",
        "bo,,,bo,,100",
    ]


def test_moodle_gets_those_whom_it_can_find(report):
    files = report(submission("ana7", name="Ana", platform_id="41"), submission("bo"))

    assert files["moodle.csv"].splitlines() == [
        "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments",
        "Participant 41,Ana,100,100,,save 40/40 · find 35/35 · late 20/20 · secret 5/5",
    ]


def test_feedback_for_moodle_is_escaped_for_it_is_html_there(report):
    reason = "<script>alert(1)</script>"
    files = report(submission(state=State.UNGRADABLE, reason=reason, platform_id="17"))

    assert "&lt;script&gt;" in files["moodle.csv"]


def test_excel_is_told_that_the_class_list_is_unicode(report):
    assert report(submission(name="Jūratė"))["grades.csv"].startswith("\ufeff")


def test_classroom50_has_whole_points_and_never_all_for_a_failed_test(report):
    files = report(submission(failed=["test_note_is_saved", "test_notes_are_found"]))
    data = json.loads(files["classroom50/ana/result.json"])

    scores = [(it["score"], it["max-score"], it["passed"]) for it in data["tests"]]
    assert scores == [(26, 40, False), (17, 35, False), (20, 20, True), (5, 5, True)]
    assert (data["score"], data["max-score"]) == (68, 100)
    assert all(type(it["score"]) is int for it in [data, *data["tests"]])


def test_classroom50_is_told_what_its_own_runner_says(report, monkeypatch):
    told = {
        "CLASSROOM": "cs-1",
        "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
        "COMMIT_URL": "https://example.org/commit/1",
        "RELEASE_URL": "https://example.org/release/1",
        "REVIEW_URL": "https://example.org/compare/1",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    data = json.loads(report(submission())["classroom50/ana/result.json"])

    names = ("classroom", "submission", "commit", "release", "review")
    assert [data[name] for name in names] == [*told.values()]


# what a failed test teaches


def test_failure_is_told_from_request_to_hint(report):
    page, gradescope = student_files(report(submission(failed=["test_note_is_saved"])))

    text = " ".join(Page(page).text.split())
    assert (
        "Note is saved Sent POST /notes {'text': 'MARK-SENT'} "
        'Came back 500 INTERNAL SERVER ERROR {"title": "MARK-CAME-BACK"} '
        "Behind it NotImplementedError: Write it. notes/codes.py, line 7, in clean" in text
    )
    assert "Hint MARK-HINT Try it pytest -k test_note_is_saved" in text
    output = json.loads(gradescope)["tests"][0]["output"]
    assert "2 of 3 tests passed." in output
    assert "Behind it: NotImplementedError: Write it. (notes/codes.py, line 7, in clean)" in output


def test_the_exception_behind_many_failures_comes_first(report):
    page, _ = student_files(report(submission(failed=EXPECTED)))

    first = " ".join(Page(page).text.split()).partition("Look here first")[2]
    assert first.startswith(
        " One exception stands behind several failed tests: NotImplementedError: Write it. "
        "notes/codes.py, line 7, in clean · behind 5 tests"
    ), "the two tests that are not shown are not counted either"


@pytest.mark.parametrize(
    ("failure", "expected", "comparison", "reason"),
    [
        ("a sentence\nassert 1 == 2\n +  where 1 = f()", "a sentence", "1 == 2", ""),
        ("AssertionError: a sentence\nassert 1 == 2", "a sentence", "1 == 2", ""),
        (
            "assert 500 == 201\n +  where 500 = <x>.status_code",
            "Status 201, not 500.",
            "500 == 201",
            "",
        ),
        (
            "assert 500 in {201, 409}\n +  where 500 = <x>.status_code",
            "Status {201, 409}, not 500.",
            "500 in {201, 409}",
            "",
        ),
        ("assert [] == [1]", "", "[] == [1]", ""),
        ("assert None\n +  where None = f()", "", "None\n +  where None = f()", ""),
        ("KeyError: 'code'", "", "", "The test could not go on: KeyError: 'code'"),
        ("There was no answer within 5 s.", "", "", "There was no answer within 5 s."),
        ("", "", "", "The test gave no result: the run of this submission ended before it."),
    ],
)
def test_assertions_are_taken_apart(failure, expected, comparison, reason):
    check = explain(result("test_note_is_saved", expected=failure), "notes").check

    assert (check.expected, check.comparison, check.reason) == (expected, comparison, reason)


def test_request_without_an_answer_is_not_taken_for_the_one_before():
    hung = result(
        "test_note_is_saved", Outcome.TIMEOUT, exchanges=(EXCHANGE,), expected="No answer"
    )
    told = explain(hung, "notes")

    assert told.last is None
    assert [step.sent for step in told.before] == ["POST /notes {'text': 'MARK-SENT'}"]


def test_a_name_alone_is_no_hint():
    test = result("test_empty_note_is_refused[-1]", hint="Empty note is refused.")

    assert explain(test, "notes").hint == ""
    assert explain(test, "notes").title == "Empty note is refused (-1)"


def test_addresses_in_memory_are_left_out_for_they_differ_each_time():
    exchange = (
        "→ POST /images  {'image': (<_io.BytesIO object at 0x7fb540351c60>, 'a.png')}\n← 201 OK\n"
    )
    told = explain(result("test_note_is_saved", exchanges=(exchange,)), "notes")

    assert told.steps[0].sent == "POST /images {'image': (<_io.BytesIO>, 'a.png')}"


# the files


def test_same_grades_give_the_same_bytes(tmp_path):
    students = [
        submission(f"student{n}", failed=list(EXPECTED)[:n], seconds=1 + n % 3) for n in range(8)
    ]
    for folder in ("one", "two"):
        write_reports(Grades(IDEA, tuple(students), EXPECTED), tmp_path / folder)
        students.reverse()

    one, two = (files_of(tmp_path / folder) for folder in ("one", "two"))
    without_time = re.compile(r'"datetime": "[^"]+"')
    assert one.keys() == two.keys()
    for name in one:
        assert without_time.sub("", one[name]) == without_time.sub("", two[name]), name


def test_reports_of_students_who_are_gone_are_removed_and_nothing_else(report, tmp_path):
    report(submission("ana"), submission("bo"))
    mine = tmp_path / "out" / "students" / "notes of the teacher.txt"
    mine.write_text("mine")

    files = report(submission("ana"))

    assert not [name for name in files if "bo" in Path(name).parts[-2:] or "bo." in name]
    assert not (tmp_path / "out/gradescope/bo").exists()
    assert mine.read_text() == "mine"


def test_a_report_that_is_interrupted_leaves_the_old_one(report, tmp_path, monkeypatch):
    before = report(submission("ana"))

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        report(submission("ana", failed=EXPECTED))

    assert files_of(tmp_path / "out") == before
