"""Projects with sharp and with blunt tests: the tool tells them apart."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from classroom.ideas import ROOT
from classroom.measure.mutation import Mutant
from classroom.measure.sharpness import Report, text
from classroom.measure.trials import Outcome

IDEA = """
slug = "{slug}"
title = "Sums"
summary = "Adds."
category = "crud"
level = 1
minutes = 5
concepts = ["sums"]
prerequisites = []
stubs = ["sums.total"]

[[stories]]
id = "add"
text = "Two numbers are added."
points = 100
visibility = "visible"
"""

APP = '''
"""Sums."""

from flask import Flask

import common
from common.describe import pages
from common.api import endpoint

from .sums import total


def create_app(config=None):
    app = Flask(__name__)
    common.init_app(app, config)
    app.register_blueprint(pages.landing)

    @app.get("/sum/<int:a>/<int:b>")
    @endpoint
    def show(a: int, b: int) -> int:
        """Add two numbers."""
        return total(a, b)

    return app
'''

SUMS = '''
def total(a, b):
    """Return the sum, 10 at most."""
    return min(a + b, 10)
'''

STORY = """
import pytest


@pytest.mark.story("add")
def test_sum_is_shown(client):
    assert client.get("{path}").status_code == 200
"""

UNIT = """
import pytest
from {slug}.sums import total


@pytest.mark.parametrize(("a", "b", "expected"), {cases})
def test_total(a, b, expected):
    assert total(a, b) == expected
"""

SHARP, BLUNT = "[(1, 2, 3), (5, 5, 10), (9, 9, 10)]", "[(1, 2, 3)]"
PROJECTS = {  # slug: what its story test asks for, the cases of its unit test
    "sharp_sums": ("/sum/1/2", SHARP),
    "blunt_sums": ("/sum/1/2", BLUNT),
    "idle_sums": ("/", SHARP),
    "broken_sums": ("/sum/1/2", "[(1, 2, 4)]"),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with these projects."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for slug, (path, cases) in PROJECTS.items():
        files = {
            "idea.toml": IDEA.format(slug=slug),
            f"{slug}/__init__.py": APP.lstrip(),
            f"{slug}/sums.py": SUMS,
            "tests/test_stories.py": STORY.format(path=path),
            "tests/test_sums.py": UNIT.format(slug=slug, cases=cases),
        }
        for name, content in files.items():
            file = folder / "projects/crud" / slug / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
    return folder


@pytest.fixture(scope="module")
def reports(root: Path) -> dict[str, dict[str, Any]]:
    """What comes out for the first three of them."""
    result = run(root, "--json", "sharp_sums", "blunt_sums", "idle_sums")
    assert result.returncode == 1, result.stderr
    return {report["idea"]: report for report in json.loads(result.stdout)}


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool on the repository; it forks, and so has a process of its own."""
    code = "import sys; from pathlib import Path; from classroom.measure.mutants import main; "
    code += "sys.exit(main(sys.argv[2:], Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(root), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_stub_is_noticed_by_a_story_that_needs_the_function(reports: dict[str, Any]) -> None:
    stub = reports["sharp_sums"]["stubs"]["sums.total"]
    assert (stub["boots"], stub["failing"], stub["tests"]) == (True, 1, 1)
    assert reports["sharp_sums"]["unnoticed"] == []


def test_stub_is_not_noticed_by_stories_that_never_call_it(reports: dict[str, Any]) -> None:
    assert reports["idle_sums"]["unnoticed"] == ["sums.total"]


def test_sharp_tests_kill_every_mutant(reports: dict[str, Any]) -> None:
    assert reports["sharp_sums"]["mutants"] == {"sums": {"killed": 4, "survived": 0}}
    assert reports["sharp_sums"]["survivors"] == []


def test_blunt_tests_let_mutants_survive_who_are_shown(reports: dict[str, Any]) -> None:
    assert reports["blunt_sums"]["mutants"] == {"sums": {"killed": 2, "survived": 2}}
    shown = [(it["line"], it["old"], it["new"]) for it in reports["blunt_sums"]["survivors"]]
    assert sorted(shown) == [(4, "10", "11"), (4, "10", "9")]


def test_project_is_left_as_it_was(reports: dict[str, Any], root: Path) -> None:
    assert reports
    assert (root / "projects/crud/sharp_sums/sharp_sums/sums.py").read_text("utf-8") == SUMS


def test_table_for_people_says_what_came_out() -> None:
    report = Report("sums", 1.2)
    for failing, is_up in ((2, True), (5, True), (0, True), (5, False)):
        report.stubs[f"sums.f{len(report.stubs)}"] = Outcome(tests=5, failing=failing, boots=is_up)
    report.mutants["sums"] = Counter(killed=7, hung=1, survived=2)
    report.survivors.append(("sums", Mutant(4, "a < b", "(a <= b)", "…")))

    lines = [" ".join(line.split()) for line in text(report).splitlines()]

    assert "sums.f0 2 of 5 story tests fail ok" in lines
    assert "sums.f1 5 of 5 story tests fail ok, but every story test fails" in lines
    assert "sums.f2 0 of 5 story tests fail NO STORY TEST FAILS" in lines
    assert "sums.f3 5 of 5 story tests fail THE APP DOES NOT START" in lines
    assert report.unnoticed == ["sums.f2", "sums.f3"]
    assert "sums 10 7 1 2" in lines
    assert lines[-3:] == ["sums, line 4, survived:", "- a < b", "+ (a <= b)"]


def test_tests_that_fail_as_they_are_are_not_judged(root: Path) -> None:
    result = run(root, "broken_sums")
    assert result.returncode == 1
    assert "broken_sums: its tests fail as they are." in result.stderr
    assert "assert 3 == 4" in result.stderr
