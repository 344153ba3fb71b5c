"""A process that has pytest loaded and forks itself for each run: loading takes longer than a test.

Nothing of the teacher's is in it: no variable, no folder on the path, no plugin but ours. It runs
as nobody, sees what it needs and no network (``bubblewrap.command_for_tests``), since tests open
what strangers have made, pictures for instance. Orders come through a socket, each with another one
at which boxes are made; the run's exit code, its results and its output go back. Nothing of a run
is left to the next one.
"""

import ctypes
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from . import boxed  # noqa: F401  # loaded once, here
from .box import processes, wire

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
MEMORY = 4 * 2**30
"""Bytes: answers are bounded, but a test may make much of them."""
SAID = 2000  # bytes of what pytest has printed


def serve(control: socket.socket, hidden: str, *, own_pids: bool) -> None:
    """Run pytest for each order: ``arguments``, the ``job`` of ``boxed``, ``seconds``.

    First it says what can be seen from here; ``hidden`` is a path that must not be.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)  # a run is of the same user: hands off
    gc.collect()
    gc.freeze()
    wire.send(control, {"up": processes.surroundings(hidden)})
    while True:
        text, descriptors, _, _ = socket.recv_fds(control, wire.MAX_HEADER, 1)
        if not text:
            return
        order = json.loads(text)
        [boxes] = descriptors
        before = set(Path(tempfile.gettempdir()).iterdir())
        folder = Path(tempfile.mkdtemp(prefix="grading-"))
        child = os.fork()
        if child == 0:
            _run(order, folder, boxes, control)
        os.close(boxes)
        code = _wait(child, control, order["seconds"])
        while own_pids and processes.kill([], own=True):
            time.sleep(0.001)
        said = _end_of(folder / "pytest.log", SAID).decode(errors="replace")
        results = _end_of(folder / "results.jsonl", wire.MAX_BODY)
        left = {folder}
        if own_pids:
            left = set(folder.parent.iterdir()) - before
        _clean_up(left)
        wire.send(control, {"code": code, "said": said}, results)


def _clean_up(left: set[Path]) -> None:
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _run(order: dict[str, Any], folder: Path, boxes: int, control: socket.socket) -> None:
    code = 1
    try:
        control.close()
        if sys.platform == "linux":
            import resource  # noqa: PLC0415  # Windows has none

            server = os.getppid()
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == server:
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        results = folder / "results.jsonl"
        job = {**order["job"], "boxes": boxes, "results": str(results)}
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        (folder / "empty").mkdir()
        os.chdir(folder / "empty")
        tempfile.tempdir = str(folder)
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(folder / "pytest.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        options = ["--grading-job", str(folder / "job.json")]
        code = int(pytest.main([*order["arguments"], *options]))
        sys.stdout.flush()
    finally:
        os._exit(code)


def _wait(child: int, control: socket.socket, seconds: float) -> int | None:
    """Return the exit code of a run; None if it had to be killed because its time was over."""
    deadline = time.monotonic() + seconds
    hung_up = select.poll()
    hung_up.register(control, 0)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if hung_up.poll(10):
            sys.exit(1)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None


def _end_of(file: Path, most: int) -> bytes:
    with suppress(OSError), file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - most, 0))
        return stream.read()
    return b""
