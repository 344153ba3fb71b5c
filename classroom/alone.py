"""A process that has pytest loaded and forks itself for each run: loading takes longer than a test.

Nothing of the teacher's is in it: no variable, no folder on the path, no plugin but ours. Orders
come as lines of JSON, the exit code of each run goes back. It ends with whoever has started it, and
a run ends with it.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import time
from typing import Any

import pytest

from . import boxed  # noqa: F401  # loaded once, here

PR_SET_PDEATHSIG = 1
MEMORY = 4 * 2**30
"""Bytes: answers are bounded, but a test may make much of them."""


def serve() -> None:
    """Run pytest for each line: ``arguments``, the ``folder`` to be in, ``log``, ``seconds``."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    gc.collect()
    gc.freeze()
    starter = os.getppid()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(job)
        print(json.dumps(_wait(child, starter, job["seconds"])), flush=True)


def _run(job: dict[str, Any]) -> None:
    code = 1
    try:
        if sys.platform == "linux":
            import resource  # noqa: PLC0415  # Windows has none

            server = os.getppid()
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == server:
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os.chdir(job["folder"])
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number, target in enumerate((nothing, log, log)):
            os.dup2(target, number)
        code = int(pytest.main(job["arguments"]))
        sys.stdout.flush()
    finally:
        os._exit(code)


def _wait(child: int, starter: int, seconds: float) -> int | None:
    """Return the exit code of a run; None if it had to be killed because its time was over."""
    deadline = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if os.getppid() != starter:
            sys.exit(1)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.01)
