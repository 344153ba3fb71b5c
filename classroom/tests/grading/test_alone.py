"""The grader's own pytest: it reads what strangers have made, so it may do nothing else."""

import shutil
import textwrap

import pytest

from classroom.grading.results import Outcome, State
from classroom.grading.run import Runner
from classroom.grading.sandbox import Limits
from classroom.ideas import ROOT, find

STORIES = """
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

story = pytest.mark.story("add-note")


@story
def test_is_nobody():
    assert os.getuid() != 0
    status = Path("/proc/self/status").read_text()
    assert "CapEff:\\t0000000000000000" in status


@story
def test_has_no_network():
    assert [name for _, name in socket.if_nameindex()] == ["lo"]


@story
@pytest.mark.parametrize("place", ["/", "/usr", sys.prefix, {root!r}, str(Path(__file__).parent)])
def test_writes_nowhere(place):
    with pytest.raises(OSError):
        Path(place, "canary").write_text("was here")


@story
@pytest.mark.parametrize("place", [{project!r}, {solutions!r}, "/etc/shadow", {out!r}])
def test_sees_neither_solution_nor_submission(place):
    with pytest.raises(OSError):
        [*Path(place).iterdir()]


@story
def test_has_nothing_of_another_run():
    others = {{int(name) for name in os.listdir("/proc") if name.isdecimal()}}
    assert others <= {{1, os.getppid(), os.getpid()}} or os.getppid() == 1
    assert [*Path("/tmp").glob("grading-*")] == [Path(tempfile.gettempdir())]
    assert not Path("/tmp/left").exists()


@story
def test_cannot_look_into_what_has_started_it():
    with pytest.raises(OSError):
        open(f"/proc/{{os.getppid()}}/mem", "rb")
"""
LEAVES = """
import os
import pytest


@pytest.mark.story("add-note")
def test_leaves_what_it_can():
    open("/tmp/left", "w").close()
    if os.fork() == 0:
        os.setsid()
        os.execv("/bin/sleep", ["sleep", "1000"])
"""
KILLS = """
import os
import pytest


@pytest.mark.story("add-note")
def test_kills_what_has_started_it():
    os.kill(os.getppid(), 9)
    os.kill(os.getpid(), 9)
"""
FORGES = """
import os
import pytest


@pytest.mark.story("add-note")
def test_writes_nonsense(pytestconfig):
    grader = pytestconfig.pluginmanager.getplugin("grader")
    grader.results.write_text('["no", "record"]\\n{"test": 7}\\n')
    os._exit(0)
"""


@pytest.fixture
def run(make_project, root, tmp_path):
    """Grade a submission by story tests of one's own, by the same process each time."""
    project = make_project("notes")
    runner = Runner(find("notes", root), Limits(), [tmp_path], unsafe=False)

    def once(stories):
        values = {
            "root": str(ROOT),
            "project": str(project / "notes"),
            "solutions": str(ROOT / "classroom/tests/grading/solutions"),
            "out": str(tmp_path / "staged"),
        }
        text = stories.format(**values) if stories is STORIES else stories
        (project / "tests/test_stories.py").write_text(textwrap.dedent(text), "utf-8")
        staged = tmp_path / "staged"
        shutil.copytree(project / "notes", staged / "notes", dirs_exist_ok=True)
        return runner.run(staged, tmp_path, "seed")

    yield once
    runner.stop()


def failures(finding):
    assert finding.state is State.GRADED, finding.reason
    return {
        test.name: test.expected for test in finding.tests if test.outcome is not Outcome.PASSED
    }


def test_pytest_may_do_nothing_and_leaves_nothing(run):
    assert failures(run(LEAVES)) == {}
    assert failures(run(STORIES)) == {}


def test_pytest_that_is_not_confined_is_not_used(run, monkeypatch):
    monkeypatch.setattr(
        "classroom.grading.servers.leaks", lambda found: [f"root is {found['root']}"]
    )
    finding = run(LEAVES)
    assert finding.state is State.GRADER_ERROR
    assert "The sandbox does not work here: root is False" in finding.reason


def test_run_that_kills_what_started_it_harms_itself_alone(run):
    assert run(KILLS).state is State.GRADER_ERROR
    assert failures(run(LEAVES)) == {}


def test_results_that_are_none_are_our_fault(run):
    finding = run(FORGES)
    assert finding.state is State.GRADER_ERROR
    assert "The results are no results." in finding.reason
