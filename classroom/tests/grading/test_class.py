"""A class of thirty is graded by one command, and each gets what a careful person would give."""

import csv
import json
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from pathlib import Path

from classroom.grading.journal import NAME
from classroom.grading.results import Grades, State, Submission
from classroom.handout.starter import make_starter
from classroom.ideas import ROOT, find

HERE = Path(__file__).parent
CORPUS = tomllib.loads((HERE / "class.toml").read_text("utf-8"))
CLASS = CORPUS["class"]
SLUG = "url_shortener"
STUB = '( *)raise NotImplementedError\\("Write {}: [^\n]+'
FEWER = """

for name in [*globals()]:
    if name.startswith("test_") and name not in {!r}:
        del globals()[name]
"""


def make_repository(folder):
    """Copy what is graded by, with a few of the story tests: what is tried here is the grader."""
    idea = find(SLUG)
    names = ("pyproject.toml", "LICENSE", "common/pyproject.toml", "common/src/common")
    for name in (*names, idea.folder.relative_to(ROOT)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, folder / name)
    stories = folder / idea.folder.relative_to(ROOT) / "tests/test_stories.py"
    with stories.open("a") as file:
        file.write(FEWER.format(set(CORPUS["tests"])))
    return folder


def hand_in(folder):
    """Write down what the class hands in."""
    idea = find(SLUG)
    make_starter(idea, folder / "starter", ROOT)
    bases = {"starter": folder / "starter", "reference": idea.folder}
    for student, entry in CLASS.items():
        made = folder / "made" / student
        base = entry.get("base", "starter")
        if base != "nothing":
            source = bases[base] / SLUG
            shutil.copytree(source, made / SLUG, ignore=lambda *_: ["__pycache__"])
        write(student, entry, made)
        pack(made, folder / "in" / student, entry.get("form", "folder"))
    return folder / "in"


def write(student, entry, made):
    """Write what a student has made of it."""
    package = made / SLUG
    if "folder" in entry:
        shutil.copytree(HERE / "solutions" / entry["folder"], package, dirs_exist_ok=True)
    for name, code in entry.get("stubs", {}).items():
        module, _, _ = name.partition(".")
        fill(package / f"{module}.py", name, code)
    for name, pairs in entry.get("changes", {}).items():
        file = package / name
        text = file.read_text("utf-8")
        for old, new in pairs:
            assert old in text, f"{student}: {old!r} is not in {name}"
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
    for name, text in entry.get("files", {}).items():
        file = made / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def fill(file, name, code):
    """Write the body of a function that the starter leaves open."""
    body = code
    if re.fullmatch(r"\{\w+\}", code):
        body = code.format(**CORPUS["parts"])
    text, count = re.subn(
        STUB.format(re.escape(name)),
        lambda found: textwrap.indent(body.strip(), found[1]),
        file.read_text("utf-8"),
    )
    assert count == 1, f"{name} is no stub"
    file.write_text(text, "utf-8")


def pack(made, target, form):
    target.parent.mkdir(parents=True, exist_ok=True)
    archive = target.with_name(f"{target.name}.zip")
    if form == "folder":
        made.rename(target)
    elif form == "garbage":
        archive.write_bytes(b"PK\3\4 to be continued")
    else:
        with zipfile.ZipFile(archive, "w") as file:
            for path in made.rglob("*"):
                if path.is_file():
                    file.write(path, Path("my homework", path.relative_to(made)))


def grade(root, submissions, out, *options):
    """Run the command; return what it has printed."""
    script = (
        "import sys; from pathlib import Path; from classroom.grading.grade import main;"
        f"sys.exit(main(sys.argv[1:], root=Path({str(root)!r})))"
    )
    command = [sys.executable, "-c", script, SLUG, submissions, "--out", out, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_of_thirty_gets_what_a_careful_person_would_give(tmp_path):
    root = make_repository(tmp_path / "repository")
    submissions = hand_in(tmp_path)
    limits = ("--limit", "imports=3", "--limit", "request=4", "--jobs", "2")
    printed = grade(root, submissions, tmp_path / "out", *limits)
    assert "30 of 30 graded." in printed
    assert verdicts(tmp_path / "out", find(SLUG, root)) == expected()


def expected():
    found = {}
    for student, entry in CLASS.items():
        missed = sorted(entry.get("missed", []))
        found[student] = entry.get("reason", missed)
    return found


def verdicts(out, idea):
    """Return what became of each: the stories that lost points, or a part of the reason."""
    lines = [json.loads(line) for line in (out / NAME).read_text("utf-8").splitlines()]
    [names] = [line["value"]["expected"] for line in lines if "fact" in line]
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        totals = sorted(float(row["total"]) for row in csv.DictReader(file))
    grades = Grades(idea, (), names)
    found = {}
    points = []
    for line in lines:
        if "submission" not in line:
            continue
        one = Submission.from_json(line["submission"])
        points.append(grades.score(one))
        reason = CLASS[one.student].get("reason", "")
        if one.state is State.GRADED:
            missed = [result.story.id for result in grades.stories(one) if not result.passed]
            found[one.student] = sorted(missed)
        elif one.state is State.UNGRADABLE and reason in one.reason:
            found[one.student] = reason
        else:
            found[one.student] = f"{one.state}: {one.reason}"
    assert sorted(points) == totals, "the table says what the journal says"
    return found
