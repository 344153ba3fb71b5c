"""A class is graded from end to end, in real sandboxes."""

import ast
import csv
import fcntl
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from classroom.grading import grade
from classroom.grading.entries import Entry
from classroom.grading.findings import read
from classroom.grading.journal import NAME, Journal
from classroom.grading.live import Show
from classroom.grading.results import Outcome, State, Submission
from classroom.grading.run import Runner
from classroom.grading.sandbox import Limits, SandboxError, check
from classroom.ideas import ROOT, discover, find
from common.jobs import server
from common.testing import wait_until

IDEA = """
slug = "notes"
title = "Notes"
summary = "Notes that anybody may add."
category = "crud"
level = 1
minutes = 20
concepts = ["notes"]
prerequisites = []
stubs = ["clean.clean"]

[[stories]]
id = "add-note"
text = "A note that is added is in the list."
points = 60
visibility = "visible"

[[stories]]
id = "empty-note"
text = "An empty note is refused."
points = 40
visibility = "hidden"
"""
PACKAGE = """
from flask import Flask, request
from .clean import clean


def create_app(config=None):
    app = Flask(__name__)
    notes = []

    @app.get("/notes")
    def show():
        return notes

    @app.post("/notes")
    def add():
        text = clean(request.json["text"])
        if not text:
            return {"error": "empty"}, 422
        notes.append(text)
        return {"text": text}, 201

    return app
"""
CLEAN = '''
def clean(text):
    """Take the space around a text away."""
    return text.strip()
'''
STORIES = """
import random

import pytest


@pytest.fixture
def add(client):
    return lambda text: client.post("/notes", json={"text": text})


@pytest.mark.story("add-note")
def test_note_is_listed(client, add):
    assert add("milk").status_code == 201
    assert client.get("/notes").json == ["milk"]


@pytest.mark.story("add-note")
def test_notes_keep_their_order(client, add):
    notes = [str(random.random()) for _ in range(3)]
    for note in notes:
        add(note)
    assert client.get("/notes").json == notes, "the first comes first"


@pytest.mark.story("empty-note")
@pytest.mark.parametrize("text", ["", " "])
def test_empty_note_is_refused(client, add, text):
    assert add(text).status_code == 422
    assert client.get("/notes").json == []
"""
MODULES = [  # that somebody might import: pytest, Python, a careless grader
    *("conftest.py", "notes/conftest.py", "tests/conftest.py", "tests/test_stories.py"),
    *("sitecustomize.py", "usercustomize.py", "notes/sitecustomize.py", "setup.py", "flask.py"),
    *("pytest.py", "common/__init__.py", "common/testing/__init__.py", "noxfile.py", "wsgi.py"),
    *("notes/pytest.py", "notes/tests/test_notes.py"),
]
# Of a test with many cases the first one: with what a test is called is all the same to the box.
# A class is graded with all, and so is the reference before it.
ONE_CASE = """

for test in [value for name, value in globals().items() if name.startswith("test_")]:
    marks = getattr(test, "pytestmark", [])
    for at, mark in enumerate(marks):
        if mark.name == "parametrize":
            names, cases, *more = mark.args
            marks[at] = pytest.mark.parametrize(names, [*cases][:1], *more).mark
"""
TRIPWIRE = "open({canary!r}, 'a').write('sprung')\n"
CLASS = {  # what they hand in, and the points that a careful person gives for it
    "right": ({"notes/clean.py": CLEAN}, 100),
    "in other words": (
        {
            "notes/clean.py": "import re\nclean = lambda text: re.sub(r'^\\s+|\\s+$', '', text)\n",
            "notes/extra/__init__.py": "",
        },
        100,
    ),
    "half": ({"notes/clean.py": "def clean(text):\n    return text or 'nothing'\n"}, 60),
    "answers keyed to the example": (
        {
            "notes/__init__.py": PACKAGE.replace("notes = []", "notes = ['milk']").replace(
                "notes.append(text)", ""
            ),
            "notes/clean.py": CLEAN,
        },
        30,
    ),
    "untouched": ({"notes/clean.py": "def clean(text):\n    raise NotImplementedError\n"}, 0),
    "broken": ({"notes/clean.py": "def clean(text:\n"}, 0),
    "empty": ({"README.md": "later"}, 0),
    "tripwires": ({"notes/clean.py": CLEAN}, 100),
}


@pytest.fixture(scope="module", autouse=True)
def tight():
    """Without a sandbox, nothing here can be said: that is no reason to be silent."""
    try:
        check()
    except SandboxError as error:
        pytest.fail(f"Grading was not tried.\n{error}", pytrace=False)


def lay(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that parallel test processes share; who comes first makes what is in it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "classroom-grade"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "out").exists():
            make_repository(folder / "repository")
            make_submissions(folder / "submissions", folder / "canary")
            with run(folder / "repository", folder / "submissions", folder / "out") as process:
                (folder / "printed").write_text(process.communicate()[0])
    return folder


@pytest.fixture(scope="session")
def root(shared):
    """A repository with one small project."""
    return shared / "repository"


@pytest.fixture(scope="session")
def submissions(shared):
    """What a class has handed in."""
    return shared / "submissions"


@pytest.fixture(scope="session")
def graded(shared):
    """The class, graded once: the folder of grades, and what was printed."""
    printed = (shared / "printed").read_text()
    assert (shared / "out/class.html").exists(), printed
    return shared / "out", printed


def make_repository(folder):
    for name in ("pyproject.toml", "LICENSE", "common/pyproject.toml", "common/src/common"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, folder / name)
    project = {
        "idea.toml": IDEA,
        "README.md": "# Notes\n\nNotes.\n\n## What it does\n\n## Run it\n\n## Endpoints\n\n",
        "requirements.txt": "-e ../../../common\n",
        "notes/__init__.py": PACKAGE,
        "notes/clean.py": CLEAN,
        "tests/test_stories.py": STORIES,
    }
    lay(folder / "projects/crud/notes", project)


def make_submissions(folder, canary):
    for student, (files, _) in CLASS.items():
        lay(folder / student, files)
    wire = TRIPWIRE.format(canary=str(canary))
    settings = f"[pytest]\naddopts = -p notes\npythonpath = {folder}/tripwires\n"
    everywhere = dict.fromkeys(MODULES, wire)
    everywhere |= {"pytest.ini": settings, "tox.ini": settings, "evil.pth": f"import os; {wire}"}
    everywhere |= {"notes/clean.py": f"try:\n    {wire}except OSError:\n    pass\n{CLEAN}"}
    lay(folder / "tripwires", everywhere)


def run(root, submissions, out, *options):
    """Start the command."""
    script = (
        f"import sys; from pathlib import Path; from classroom.grading.grade import main;"
        f"sys.exit(main(sys.argv[1:], root=Path({str(root)!r})))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, "notes", submissions, "--out", out, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def results(out):
    """The submissions in a journal by student."""
    lines = [json.loads(line) for line in (out / NAME).read_text().splitlines()]
    found = [Submission.from_json(line["submission"]) for line in lines if "submission" in line]
    return {submission.student: submission for submission in found}


def reports(out):
    """All reports, without times."""
    found = {}
    for file in out.rglob("*"):
        if file.is_file() and not file.name.startswith(".") and file.name != NAME:
            text = re.sub(r'"datetime": "[^"]+"', "", file.read_text("utf-8"))
            text = re.sub(r'("seconds": |"execution_time": |time=")[\d.]+', r"\1", text)
            text = re.sub(r'<li><span class="share">[\d.]+ s</span>.*\n', "", text)  # the slowest
            found[file.relative_to(out).as_posix()] = re.sub(r"\d+(\.\d+)? s\b", "", text)
    return found


# --- a class


def test_everybody_gets_what_a_careful_person_would_give(graded):
    with (graded[0] / "grades.csv").open(encoding="utf-8-sig") as file:
        found = {row["name"]: float(row["total"]) for row in csv.DictReader(file)}
    assert found == {student: points for student, (_, points) in CLASS.items()}


def test_nothing_of_a_submission_runs_outside_of_its_box(graded, shared):
    assert results(graded[0])["tripwires"].state is State.GRADED
    assert not (shared / "canary").exists()


def test_reasons_and_notes_are_in_plain_words(graded):
    found = results(graded[0])
    assert found["broken"].reason.endswith("(notes/clean.py, line 1)")
    assert found["broken"].state is State.UNGRADABLE
    assert found["empty"].reason == "There is no folder notes in it. At the top: README.md."
    assert "conftest.py (configuration)" in found["tripwires"].notes[0]


def test_failed_test_tells_what_was_sent_what_came_and_what_was_expected(graded):
    tests = {test.name: test for test in results(graded[0])["answers keyed to the example"].tests}
    failed = tests["test_notes_keep_their_order"]
    assert failed.outcome is Outcome.FAILED
    assert failed.exchanges[-1] == '→ GET /notes  \n← 200 OK\n  ["milk"]'
    assert failed.expected.startswith("the first comes first\nassert ['milk'] == ['0.")
    assert failed.hint == "Notes keep their order."
    assert tests["test_note_is_listed"].exchanges == (), "there is nothing to explain"


def test_exception_behind_a_500_is_told(graded):
    [test, *_] = results(graded[0])["untouched"].tests
    assert "The application raised:" in test.exchanges[0]
    assert test.exchanges[0].endswith("NotImplementedError\n")


def test_plain_output_has_a_line_for_each(graded):
    lines = graded[1].splitlines()
    assert lines[0] == "Self-test: the reference and the starter are graded first."
    runs = [line.partition(",")[0] for line in lines[1:3]]
    assert sorted(runs) == [f"Self-test: the {who} has run" for who in ("reference", "starter")]
    assert lines[3] == "Self-test: the reference gets 100 points, the starter 0."
    assert re.fullmatch(r"\[1/8\] .+ left", lines[4])
    assert lines[-1] == f"8 of 8 graded. Reports: {graded[0] / 'class.html'}"


# --- the journal


def go_on(root, submissions, out, *options):
    with run(root, submissions, out, "--resume", "--jobs", "2", *options) as process:
        printed = process.communicate()[0]
    return process.returncode, printed


def begin(out, graded, done, torn=0):
    """Make ``out`` what a run leaves that was ended: its secret, its self-test, some results."""
    lines = (graded[0] / NAME).read_bytes().splitlines(keepends=True)
    kept = lines[: 2 + done]
    kept.append(lines[2 + done][:torn])
    out.mkdir()
    (out / NAME).write_bytes(b"".join(kept))


def test_what_is_finished_is_not_graded_again(root, submissions, graded):
    before = reports(graded[0])
    journal = (graded[0] / NAME).read_text()
    code, printed = go_on(root, submissions, graded[0])
    assert code == 0, printed
    assert (graded[0] / NAME).read_text() == journal
    assert reports(graded[0]) == before


def test_run_that_was_cut_off_gives_the_same_reports(root, submissions, graded, tmp_path):
    begin(tmp_path / "out", graded, done=6, torn=100)
    code, printed = go_on(root, submissions, tmp_path / "out")
    assert code == 0, printed
    assert reports(tmp_path / "out") == reports(graded[0])
    assert len(results(tmp_path / "out")) == len(CLASS)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_run_that_is_ended_goes_on(root, submissions, graded, tmp_path, end):
    begin(tmp_path / "out", graded, done=4)
    with run(root, submissions, tmp_path / "out", "--resume", "--jobs", "1") as process:
        wait_until(lambda: len(results(tmp_path / "out")) > 4, 60, "another result")
        process.send_signal(end)
        printed = process.communicate()[0]
    done = len(results(tmp_path / "out"))
    assert done < len(CLASS)
    if end == signal.SIGINT:
        assert process.returncode == grade.INTERRUPTED
        assert f"{done} of 8 graded." in printed
        assert len([*(tmp_path / "out/students").iterdir()]) == done
    code, printed = go_on(root, submissions, tmp_path / "out")
    assert code == 0, printed
    assert reports(tmp_path / "out") == reports(graded[0])


def test_whenever_it_is_killed_the_next_run_gives_the_same_reports(
    root, submissions, graded, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    begin(out, graded, done=-1)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))

    def places():
        return [*out.glob(".work-*")]

    def kill_when(condition):
        with run(root, submissions, out, "--resume", "--jobs", "2") as process:
            wait_until(lambda: condition() or process.poll() is not None, 60, "the moment")
            process.kill()
            process.communicate()
        assert len(places()) <= 1, "a run removes what those before it have left"

    kill_when(places)  # before the self-test
    kill_when(lambda: [*out.glob(".work-*/*/staged/notes/clean.py")])  # in it
    kill_when(lambda: (out / NAME).read_text().count('"submission":') > 0)
    with (out / NAME).open("a") as file:
        file.write('{"grader": "half a li')
    kill_when(lambda: (out / NAME).read_text().count('"submission":') > 3)
    for report in ("grades.csv", "students", "classroom50"):
        kill_when((out / report).exists)
    (out / ".grades.csv.a1b2c3d4").write_text("half a tab")
    code, printed = go_on(root, submissions, out)
    assert code == 0, printed
    assert reports(out) == reports(graded[0])
    assert sorted(results(out)) == sorted(CLASS)
    assert places() == []
    assert [*(tmp_path / "tmp").iterdir()] == []
    assert [path.name for path in out.rglob(".*")] == []


def test_changed_submission_is_graded_anew_and_no_other(root, graded, submissions, tmp_path):
    shutil.copytree(graded[0], tmp_path / "out")
    shutil.copytree(submissions, tmp_path / "in")
    lay(tmp_path / "in/broken", {"notes/clean.py": CLEAN})
    code, printed = go_on(root, tmp_path / "in", tmp_path / "out")
    assert code == 0, printed
    before = (graded[0] / NAME).read_bytes()
    added = (tmp_path / "out" / NAME).read_bytes().removeprefix(before)
    assert len(added.splitlines()) == 1
    assert results(tmp_path / "out")["broken"].state is State.GRADED


def test_grades_are_not_mixed_with_others(root, submissions, graded):
    with run(root, submissions, graded[0]) as process:
        assert "Add --resume to go on" in process.communicate()[0]
    assert process.returncode == 1


def test_journal_takes_a_submission_once(tmp_path):
    first, second = Journal(tmp_path), Journal(tmp_path)
    first.begin("notes", resume=False)
    one = Submission("ann", "abc", State.GRADED)
    fault = Submission("bob", "abc", State.GRADER_ERROR)
    assert first.add(one, "grader")
    assert not second.add(one, "grader")
    assert second.add(one, "another grader")
    assert first.add(fault, "grader")
    assert second.find("bob", "abc", "grader") is None, "a fault of ours is no result"
    assert second.add(fault, "grader")
    assert len(first.lines("bob", "abc", "grader")) == 2


# --- the self-test


@pytest.fixture
def own_root(root, tmp_path):
    """A copy of the repository, to spoil."""
    return shutil.copytree(root, tmp_path / "repository")


def test_nothing_is_graded_when_the_reference_fails(own_root, submissions, tmp_path):
    clean = 'def clean(text):\n    """Do."""\n    return text\n'
    lay(own_root / "projects/crud/notes", {"notes/clean.py": clean})
    with run(own_root, submissions, tmp_path / "out") as process:
        printed = process.communicate()[0]
    assert process.returncode == 1
    assert "The reference gets 80 of 100 points." in printed
    assert "test_empty_note_is_refused[ ]: failed." in printed
    assert not (tmp_path / "out/class.html").exists()
    assert results(tmp_path / "out") == {}


def test_nothing_is_graded_when_the_starter_earns_too_much(own_root, submissions, tmp_path):
    lay(
        own_root / "projects/crud/notes",
        {
            "tests/test_stories.py": """
        import pytest

        @pytest.mark.story("add-note")
        @pytest.mark.story("empty-note")
        def test_there_are_no_notes(client):
            assert client.get("/notes").json == []
        """.replace('@pytest.mark.story("empty-note")', "")
        },
    )
    idea = (own_root / "projects/crud/notes/idea.toml").read_text()
    one = idea[: idea.rindex("[[stories]]")].replace("points = 60", "points = 100")
    (own_root / "projects/crud/notes/idea.toml").write_text(one)
    with run(own_root, submissions, tmp_path / "out") as process:
        printed = process.communicate()[0]
    assert process.returncode == 1
    assert "The starter gets 100 of 100 points." in printed


@pytest.mark.parametrize("idea", discover(), ids=lambda idea: idea.slug)
def test_reference_gets_all_points_in_the_box_too(idea, tmp_path):
    shutil.copytree(idea.folder / idea.slug, tmp_path / "staged" / idea.slug)
    shutil.copytree(idea.folder, tmp_path / "idea", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "idea/tests/test_stories.py").open("a") as file:
        file.write(ONE_CASE)
    runner = Runner(replace(idea, folder=tmp_path / "idea"), Limits(), [], unsafe=False)
    try:
        finding = runner.run(tmp_path / "staged", tmp_path, "seed")
    finally:
        runner.stop()
    failed = [test for test in finding.tests if test.outcome is not Outcome.PASSED]
    assert (finding.state, finding.reason, failed) == (State.GRADED, "", [])
    assert len(finding.tests) == len(finding.expected) > 20


# --- time, faults, no sandbox


@pytest.fixture
def runner(root):
    """Run one package with limits of one's own."""

    def run(staged, folder, seed="seed", **limits):
        runner = Runner(find("notes", root), Limits(**limits), [root], unsafe=False)
        runners.append(runner)
        folder.mkdir()
        return runner.run(staged, folder, seed)

    runners = []
    yield run
    for runner in runners:
        runner.stop()


def test_three_hangs_in_a_row_end_the_run(runner, tmp_path):
    hang = PACKAGE.replace('text = clean(request.json["text"])', "while True: pass")
    lay(tmp_path / "staged", {"notes/__init__.py": hang, "notes/clean.py": CLEAN})
    finding = runner(tmp_path / "staged", tmp_path / "run", request=1)
    assert [test.outcome for test in finding.tests] == [Outcome.TIMEOUT] * 3
    assert "no answer to POST /notes within 1 s" in finding.tests[0].expected
    assert finding.notes == ("The run ended after 3 hangs in a row.",)
    assert finding.state is State.GRADED


def test_order_is_secret_but_what_is_hidden_comes_last(runner, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(
        "classroom.grading.run.read", lambda *found: written.append(found[0]) or read(*found)
    )
    lay(tmp_path / "staged", {"notes/__init__.py": PACKAGE, "notes/clean.py": CLEAN})
    orders = set()
    for number in range(4):
        runner(tmp_path / "staged", tmp_path / f"run{number}", seed=str(number))
        tests = [record["test"] for record in written.pop() if "test" in record]
        assert [test["story"] for test in tests] == ["add-note"] * 2 + ["empty-note"] * 2
        orders.add(tuple(test["name"] for test in tests))
    assert len(orders) > 1


def test_run_of_a_submission_has_an_end(runner, tmp_path):
    slow = PACKAGE.replace(
        "        return notes\n", "        import time; time.sleep(1); return notes\n"
    )
    lay(tmp_path / "staged", {"notes/__init__.py": slow, "notes/clean.py": CLEAN})
    finding = runner(tmp_path / "staged", tmp_path / "run", submission=2.5)
    assert finding.notes == ("The run ended after 2.5 s.",)
    assert 0 < len(finding.tests) < 4


def test_fault_of_the_grader_is_no_zero(runner, tmp_path, monkeypatch):
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    lay(tmp_path / "staged", {"notes/__init__.py": PACKAGE, "notes/clean.py": CLEAN})
    finding = runner(tmp_path / "staged", tmp_path / "run")
    assert finding.state is State.GRADER_ERROR
    assert "The sandbox does not work here" in finding.reason


@pytest.mark.parametrize(
    ("records", "code", "state"),
    [
        ([], 0, State.GRADER_ERROR),
        ([{"expected": {"test_a": "a"}}, {"end": True}], 0, State.GRADED),
        ([{"expected": {"test_a": "a"}}, {"end": True}], 1, State.GRADED),
        ([{"expected": {"test_a": "a"}}, {"end": True}], 3, State.GRADER_ERROR),
        ([{"expected": {"test_a": "a"}}], 0, State.GRADER_ERROR),
        ([{"expected": {"test_a": "a"}}], -9, State.GRADER_ERROR),
        ([{"expected": {"test_a": "a"}}], None, State.GRADED),
        ([{"state": "ungradable", "reason": "no"}, {"end": True}], 5, State.UNGRADABLE),
        (
            [{"state": "ungradable", "reason": "no"}, {"state": "grader_error", "reason": "we"}],
            1,
            State.GRADER_ERROR,
        ),
    ],
)
def test_what_pytest_leaves_is_read_carefully(records, code, state):
    assert read(records, code).state is state


def test_without_a_sandbox_grading_is_refused(root, submissions, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nowhere")
    arguments = ["notes", str(submissions), "--out", str(tmp_path / "out")]
    assert grade.main(arguments, root) == 1
    assert "apt-get install bubblewrap" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_unsafe_grading_is_stamped(root, submissions, tmp_path):
    shutil.copytree(submissions / "right", tmp_path / "in/right")
    with run(root, tmp_path / "in", tmp_path / "out", "--unsafe") as process:
        printed = process.communicate()[0]
    assert process.returncode == 0, printed
    assert printed.startswith("UNSANDBOXED")
    assert results(tmp_path / "out")["right"].sandboxed is False
    assert "UNSANDBOXED" in (tmp_path / "out/class.html").read_text()


# --- the queue


@pytest.fixture
def redis(tmp_path):
    """The URL of a real server."""
    folder = tmp_path / "valkey"
    user = server.join(folder)
    yield f"unix://{server.socket_path(folder)}"
    os.close(user)


def test_two_workers_grade_each_once_though_one_is_killed(
    root, submissions, graded, redis, tmp_path
):
    out = tmp_path / "out"
    begin(out, graded, done=3)
    worker = [sys.executable, "-m", "classroom.grading.remote", redis]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    workers = [subprocess.Popen(worker, cwd=ROOT, **quiet) for _ in range(2)]
    try:
        with run(root, submissions, out, "--resume", "--queue", redis) as process:
            wait_until(lambda: len(results(out)) > 4, 60, "two results")
            workers[0].kill()
            printed = process.communicate(timeout=100)[0]
    finally:
        for one in workers:
            one.kill()
            one.wait()
    assert process.returncode == 0, printed
    lines = [json.loads(line) for line in (out / NAME).read_text().splitlines()]
    students = [line["submission"]["student"] for line in lines if "submission" in line]
    assert sorted(students) == sorted(CLASS)
    assert reports(out) == reports(graded[0])


# --- what people see


@pytest.mark.parametrize("terminal", [True, False])
def test_name_cannot_steer_the_terminal(terminal):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=100, color_system=None)
    name = "[bold]\x1b[2J\x07evil\n"
    with Show(2, 1, lambda _: 50.0, console) as show:
        show.started(Entry(name, "", "", Path()))
        show.finished(Submission(name, "", State.GRADED, reason="\x1b]0;title\x07", seconds=3))
    text = screen.getvalue()
    assert "[bold]␛[2J␇evil␊" in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert "about 3 s left" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["nots", "."],
        ["notes", "/nowhere"],
        ["notes", ".", "--jobs", "0"],
        ["notes", ".", "--limit", "x=1"],
    ],
)
def test_wrong_usage_is_told(root, arguments, tmp_path):
    try:
        code = grade.main([*arguments, "--out", str(tmp_path / "out")], root)
    except SystemExit as error:
        code = error.code
    assert code == 2


# --- nothing of a submission runs in the grader: what its source may not do

BUILT_IN = {"eval", "exec", "compile", "__import__"}
DANGEROUS = {
    *("pickle", "marshal", "shelve", "dill", "yaml", "runpy", "imp"),
    *("import_module", "exec_module", "spec_from_file_location", "execv", "fork_exec"),
    *("extractall", "extract", "unpack_archive", "system", "popen", "shell"),
}


def dangers(file):
    """What a file imports, calls and takes from others that could run a stranger's code."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Name):
            names = [node.id] if node.id not in BUILT_IN else [f"{node.id}()"]
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [part for alias in node.names for part in alias.name.split(".")]
            names += (getattr(node, "module", None) or "").split(".")
        elif isinstance(node, ast.keyword):
            names = [node.arg]
        yield from (name for name in names if name in DANGEROUS or str(name).endswith("()"))


GRADERS = [
    *sorted((ROOT / "classroom/grading").glob("*.py")),
    *sorted((ROOT / "classroom/grading/sandbox").glob("*.py")),
    *sorted((ROOT / "classroom/grading/reports").glob("*.py")),
    *sorted((ROOT / "classroom/handout").glob("*.py")),
    ROOT / "classroom/repository.py",
]


@pytest.mark.parametrize("file", GRADERS, ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_grader_has_no_means_to_run_a_submission(file):
    assert [*dangers(file)] == []


def test_only_the_box_imports_a_submission():
    found = {
        file.name for file in (ROOT / "classroom/grading/box").glob("*.py") if [*dangers(file)]
    }
    assert found == {"host.py", "child.py"}
