"""Run the story tests against one submission: a pytest of the grader's own, and what it says.

It runs in a process of its own (``servers``), with no plugins but ours. The boxes with the
submission are made here, whenever it asks for one.
"""

import json
import select
import signal
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from classroom.ideas import ROOT, Idea, Visibility

from . import boxes
from .box import wire
from .findings import Finding, read, whole_lines
from .results import State
from .sandbox import Box, Limits, SandboxError
from .servers import Servers, Stopped

SETTINGS = ROOT / "classroom/grading/grading.ini"
OPTIONS = (
    "-c", str(SETTINGS), "--import-mode=importlib", "--quiet", "--tb=line",
    "-p", "common.testing", "-p", "classroom.grading.boxed", "-p", "no:cacheprovider",
    "-p", "no:unraisableexception", "-p", "no:threadexception",
)  # fmt: skip
# What is shown to students runs before what is hidden from them: no answer can tell of it.
RANKS = {Visibility.VISIBLE: 0, Visibility.AFTER_DUE: 1, Visibility.HIDDEN: 2}
GRACE = 60  # seconds for what is not the submission's: starting, collecting, killing


class Runner:
    """Runs submissions, several threads at once; ``stop`` ends them all."""

    def __init__(self, idea: Idea, limits: Limits, hidden: Iterable[Path], *, unsafe: bool) -> None:
        self.idea = idea
        self.limits = limits
        self.unsafe = unsafe
        self._hidden = [folder.resolve() for folder in hidden]
        self._servers = Servers(idea, limits, unsafe=unsafe)

    def run(self, staged: Path, folder: Path, seed: str) -> Finding:
        """Test the package in ``staged``, hiding ``folder``. Raises Stopped."""
        began = time.monotonic()
        finding = self._find(staged, folder, seed)
        return replace(finding, seconds=round(time.monotonic() - began, 3))

    def _find(self, staged: Path, folder: Path, seed: str) -> Finding:
        hidden = [*self._hidden, folder]
        new_box = partial(Box, staged, self.idea.slug, self.limits, hidden, unsafe=self.unsafe)
        try:
            with self._servers.lend() as server:
                answer, results = _order(server.control, self._job(seed), new_box)
        except SandboxError as error:
            return Finding(State.GRADER_ERROR, reason=str(error))
        except (EOFError, OSError, wire.WireError):  # it has ended
            if self._servers.stopped:
                raise Stopped from None
            answer = {"code": -signal.SIGKILL}
            results = b""
        try:
            finding = read(whole_lines(results), answer["code"])
        except (KeyError, TypeError, ValueError):
            finding = Finding(State.GRADER_ERROR, reason="The results are no results.")
        if finding.state is State.GRADER_ERROR:
            said = answer.get("said", "")
            return replace(finding, reason=f"{finding.reason}\n{said}".strip())
        return finding

    def _job(self, seed: str) -> dict[str, Any]:
        """Return what ``alone`` is told to do."""
        job = {
            "limits": asdict(self.limits),
            "seed": seed,
            "ranks": {story.id: RANKS[story.visibility] for story in self.idea.stories},
        }
        tests = self.idea.folder / "tests/test_stories.py"
        return {
            "arguments": [*OPTIONS, str(tests)],
            "job": job,
            "seconds": self.limits.submission + GRACE,
        }

    def stop(self) -> None:
        """End all runs, now, for good."""
        self._servers.stop()


def _order(
    control: socket.socket, order: dict[str, Any], new_box: Callable[[], Box]
) -> wire.Message:
    """Have pytest run; make and end the boxes that it asks for."""
    box: Box | None = None
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            text = json.dumps(order).encode()
            socket.send_fds(control, [text], [theirs.fileno()])
        deadline = time.monotonic() + order["seconds"] + GRACE
        waiting = {control, ours}
        while True:
            left = max(deadline - time.monotonic(), 0)
            ready, _, _ = select.select(waiting, [], [], left)
            if control in ready or not ready:
                return wire.receive(control, deadline)
            asked = ours.recv(1)
            if box is not None:
                box.close()
                box = None
            if asked == boxes.MAKE:
                box = _give_box(ours, new_box)
            elif asked:
                ours.sendall(boxes.END)
            else:
                waiting.remove(ours)
    finally:
        ours.close()
        if box is not None:
            box.close()


def _give_box(asker: socket.socket, new_box: Callable[[], Box]) -> Box | None:
    """Make a box and send its line to who has asked; or why there is none."""
    try:
        box = new_box()
    except SandboxError as error:
        asker.sendall(str(error).encode()[: wire.CHUNK])
        return None
    try:
        socket.send_fds(asker, [boxes.MAKE], [box.control.fileno()])
    except BaseException:
        box.close()
        raise
    return box
