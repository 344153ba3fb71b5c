"""Run the story tests against one submission: a pytest of the grader's own, and what it says.

It is a process of its own with nothing of the teacher's in it: no variable, no current folder, no
settings, no plugins but ours. Reading its results decides what became of the submission.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .ideas import ROOT, Idea, Visibility
from .results import Outcome, State, TestResult
from .sandbox import Limits

START = """
import sys
sys.path.append({root!r})
from classroom.alone import serve
serve()
"""
OPTIONS = (
    "-c", str(ROOT / "classroom/grading.ini"), "--import-mode=importlib", "--quiet", "--tb=line",
    "-p", "common.testing", "-p", "classroom.boxed", "-p", "no:cacheprovider",
    "-p", "no:unraisableexception", "-p", "no:threadexception",
)  # fmt: skip
# What is shown to students runs before what is hidden from them: no answer can tell of it.
RANKS = {Visibility.VISIBLE: 0, Visibility.AFTER_DUE: 1, Visibility.HIDDEN: 2}
SAID = 2000  # characters of what pytest has printed
GRACE = 60  # seconds for what is not the submission's: starting, collecting, killing
RAN = {0, 1, 2, 5}  # pytest's exit codes: all passed, some failed, stopped by us, nothing was run


class Stopped(Exception):
    """The run was ended from outside: there is no result."""


@dataclass(frozen=True)
class Finding:
    """What a run has found."""

    state: State
    tests: tuple[TestResult, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    expected: dict[str, str] = field(default_factory=dict)
    """The tests that there are, with their stories."""
    seconds: float = 0.0


class Runner:
    """Runs submissions, several threads at once; ``stop`` ends them all."""

    def __init__(self, idea: Idea, limits: Limits, hidden: Iterable[Path], *, unsafe: bool) -> None:
        self.idea = idea
        self.limits = limits
        self.unsafe = unsafe
        self._hidden = [str(folder.resolve()) for folder in hidden]
        self._servers: set[subprocess.Popen[str]] = set()
        self._idle: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, staged: Path, folder: Path, seed: str) -> Finding:
        """Test the package in ``staged``, with ``folder`` for files of ours. Raises Stopped."""
        began = time.monotonic()
        job = {
            "package": self.idea.slug,
            "staged": str(staged),
            "hidden": [*self._hidden, str(folder)],
            "unsafe": self.unsafe,
            "limits": asdict(self.limits),
            "seed": seed,
            "ranks": {story.id: RANKS[story.visibility] for story in self.idea.stories},
            "results": str(folder / "results.jsonl"),
        }
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        (folder / "empty").mkdir()
        tests = str(self.idea.folder / "tests/test_stories.py")
        code = self._pytest(
            arguments=[*OPTIONS, "--grading-job", str(folder / "job.json"), tests],
            folder=str(folder / "empty"),
            log=str(folder / "pytest.log"),
            seconds=self.limits.submission + GRACE,
        )
        finding = read(_lines(folder / "results.jsonl"), code)
        if finding.state is State.GRADER_ERROR and (folder / "pytest.log").exists():
            said = (folder / "pytest.log").read_text("utf-8", "replace")[-SAID:]
            finding = replace(finding, reason=f"{finding.reason}\n{said}".strip())
        return replace(finding, seconds=round(time.monotonic() - began, 3))

    def _pytest(self, **order: object) -> int | None:
        with self._lock:
            if self._stopped:
                raise Stopped
            server = self._idle.pop() if self._idle else self._start()
        assert server.stdin is not None  # noqa: S101  # for the type checker
        assert server.stdout is not None  # noqa: S101
        try:
            server.stdin.write(json.dumps(order) + "\n")
            server.stdin.flush()
            code: int | None = json.loads(server.stdout.readline())
        except (OSError, ValueError):  # it has ended
            if self._stopped:
                raise Stopped from None
            return -signal.SIGKILL
        with self._lock:
            self._idle.append(server)
        return code

    def _start(self) -> "subprocess.Popen[str]":
        server = subprocess.Popen(
            [sys.executable, "-I", "-c", START.format(root=str(ROOT))],
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: what it means is said in `batch`
        )
        self._servers.add(server)
        return server

    def stop(self) -> None:
        """End all runs, now, for good."""
        with self._lock:
            self._stopped = True
            for server in self._servers:
                server.kill()
                with server:  # closes its pipes and waits
                    pass


def read(records: Iterable[dict[str, Any]], code: int | None) -> Finding:
    """Read the results of a run. ``code`` is pytest's exit code, None when it had to be killed."""
    expected: dict[str, str] = {}
    tests: list[TestResult] = []
    notes: list[str] = []
    end = False
    states: dict[State, str] = {}
    for record in records:
        expected = record.get("expected", expected)
        notes += [record["note"]] if "note" in record else []
        end = end or "end" in record
        if "state" in record:
            states.setdefault(State(record["state"]), record["reason"])
        if "test" in record:
            test = record["test"]
            outcome, exchanges = Outcome(test["outcome"]), tuple(test["exchanges"])
            tests.append(TestResult(**{**test, "outcome": outcome, "exchanges": exchanges}))
    for state in (State.GRADER_ERROR, State.UNGRADABLE):
        if state in states:
            return Finding(state, reason=states[state], expected=expected)
    if code is None:
        notes.append("The run had to be killed: it did not end in its time.")
    elif not end or code not in RAN or not expected:
        return Finding(State.GRADER_ERROR, reason=f"pytest ended with {code}", expected=expected)
    in_order = {name: place for place, name in enumerate(expected)}
    tests.sort(key=lambda test: in_order.get(test.name, len(in_order)))
    return Finding(State.GRADED, tuple(tests), notes=tuple(notes), expected=expected)


def _lines(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    whole = file.read_text("utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in whole if line.endswith("\n")]
