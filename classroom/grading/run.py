"""Run the story tests against one submission: a pytest of the grader's own, and what it says.

It is a process of its own with nothing of the teacher's in it: no variable, no current folder, no
settings, no plugins but ours. Reading its results decides what became of the submission.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from classroom.ideas import ROOT, Idea, Visibility

from . import backend
from .box import wire
from .results import Outcome, State, TestResult
from .sandbox import REFUSED, Box, Limits, SandboxError, bubblewrap, leaks, seccomp

START = """
import socket, sys
sys.path.append({root!r})
from classroom.grading.alone import serve
serve(socket.socket(fileno={control}), {hidden!r}, own_pids={own_pids})
"""
SETTINGS = ROOT / "classroom/grading/grading.ini"
OPTIONS = (
    "-c", str(SETTINGS), "--import-mode=importlib", "--quiet", "--tb=line",
    "-p", "common.testing", "-p", "classroom.grading.boxed", "-p", "no:cacheprovider",
    "-p", "no:unraisableexception", "-p", "no:threadexception",
)  # fmt: skip
# What is shown to students runs before what is hidden from them: no answer can tell of it.
RANKS = {Visibility.VISIBLE: 0, Visibility.AFTER_DUE: 1, Visibility.HIDDEN: 2}
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


@dataclass
class Server:
    """A process with pytest in it (see ``alone``), and the socket that leads there."""

    process: subprocess.Popen[bytes]
    control: socket.socket


class Runner:
    """Runs submissions, several threads at once; ``stop`` ends them all."""

    def __init__(self, idea: Idea, limits: Limits, hidden: Iterable[Path], *, unsafe: bool) -> None:
        self.idea = idea
        self.limits = limits
        self.unsafe = unsafe
        self._hidden = [folder.resolve() for folder in hidden]
        self._servers: list[Server] = []
        self._idle: list[Server] = []
        self._lock = threading.Lock()
        self._stopped = False
        # A server dies with the thread that has started it: this one stays.
        self._keeper = ThreadPoolExecutor(1)

    def run(self, staged: Path, folder: Path, seed: str) -> Finding:
        """Test the package in ``staged``, hiding ``folder``. Raises Stopped."""
        began = time.monotonic()
        job = {
            "limits": asdict(self.limits),
            "seed": seed,
            "ranks": {story.id: RANKS[story.visibility] for story in self.idea.stories},
        }
        order = {
            "arguments": [*OPTIONS, str(self.idea.folder / "tests/test_stories.py")],
            "job": job,
            "seconds": self.limits.submission + GRACE,
        }
        hidden = [*self._hidden, folder]
        new_box = partial(Box, staged, self.idea.slug, self.limits, hidden, unsafe=self.unsafe)
        try:
            with self._server() as server:
                answer, results = _order(server.control, order, new_box)
        except SandboxError as error:
            return Finding(State.GRADER_ERROR, reason=str(error))
        except (EOFError, OSError, wire.WireError):  # it has ended
            if self._stopped:
                raise Stopped from None
            answer, results = {"code": -signal.SIGKILL}, b""
        try:
            finding = read(_lines(results), answer["code"])
        except (AttributeError, KeyError, TypeError, ValueError):
            finding = Finding(State.GRADER_ERROR, reason="The results are no results.")
        if finding.state is State.GRADER_ERROR:
            reason = f"{finding.reason}\n{answer.get('said', '')}".strip()
            finding = replace(finding, reason=reason)
        return replace(finding, seconds=round(time.monotonic() - began, 3))

    @contextmanager
    def _server(self) -> Iterator[Server]:
        """Lend a server that has nothing to do; one that has failed is killed."""
        with self._lock:
            if self._stopped:
                raise Stopped
            server = self._idle.pop() if self._idle else self._keeper.submit(self._start).result()
        try:
            yield server
        except BaseException:
            server.process.kill()
            server.control.close()
            raise
        with self._lock:
            self._idle.append(server)

    def _start(self) -> Server:
        ours, theirs = socket.socketpair()
        start = START.format(
            root=str(ROOT),
            control=theirs.fileno(),
            hidden=str(self.idea.folder / self.idea.slug),
            own_pids=not self.unsafe,
        )
        command = [sys.executable, "-I", "-c", start]
        with theirs, tempfile.TemporaryFile() as rules:
            if not self.unsafe:
                rules.write(seccomp.program())
                rules.seek(0)
                project = self.idea.folder
                shown = [ROOT / "classroom", project / "tests", project / "idea.toml"]
                command = bubblewrap.command_for_tests(command, shown, rules.fileno())
            process = subprocess.Popen(
                command,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,  # until our own code has come up
                pass_fds=[theirs.fileno(), rules.fileno()],
                start_new_session=True,  # Ctrl-C is for us: what it means is said in `batch`
            )
        server = Server(process, ours)
        self._servers.append(server)
        try:
            found = wire.receive(ours, time.monotonic() + self.limits.start)[0].get("up")
        except (EOFError, OSError, wire.WireError):
            process.kill()
            ours.close()
            said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
            raise SandboxError(REFUSED.format(said or "pytest gives no sign of life")) from None
        if problems := [] if self.unsafe else [*leaks(found)]:
            process.kill()
            ours.close()
            raise SandboxError(REFUSED.format("; ".join(problems)))
        return server

    def stop(self) -> None:
        """End all runs, now, for good."""
        with self._lock:
            self._stopped = True
        for server in self._servers:
            server.process.kill()
            with suppress(OSError):
                server.control.shutdown(socket.SHUT_RDWR)  # who waits there is told, and closes it
            with server.process:  # closes its pipes and waits
                pass
        for server in self._idle:
            server.control.close()
        self._keeper.shutdown()


def _order(
    control: socket.socket, order: dict[str, Any], new_box: Callable[[], Box]
) -> tuple[dict[str, Any], bytes]:
    """Have pytest run; make and end the boxes that it asks for."""
    box: Box | None = None
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            socket.send_fds(control, [json.dumps(order).encode()], [theirs.fileno()])
        deadline = time.monotonic() + order["seconds"] + GRACE
        waiting = {control, ours}
        while True:
            ready = select.select(waiting, [], [], max(deadline - time.monotonic(), 0))[0]
            if control in ready or not ready:
                return wire.receive(control, deadline)
            asked = ours.recv(1)
            if box:
                box.close()
                box = None
            if asked == backend.MAKE:
                try:
                    box = new_box()
                    socket.send_fds(ours, [backend.MAKE], [box.control.fileno()])
                except SandboxError as error:
                    ours.sendall(str(error).encode()[: wire.CHUNK])
            elif asked:
                ours.sendall(backend.END)
            else:
                waiting.remove(ours)
    finally:
        ours.close()
        if box:
            box.close()


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


def _lines(results: bytes) -> list[dict[str, Any]]:
    whole = results.decode().splitlines(keepends=True)
    return [json.loads(line) for line in whole if line.endswith("\n")]
