"""What the host needs to know and do about processes and files inside the box."""

import os
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

PROC = Path("/proc")
SECCOMP_MODE_FILTER = 2


def surroundings(hidden: str) -> dict[str, Any]:
    """Return what can be seen and done from here, for the grader to judge; ``hidden`` is a path."""
    if not PROC.is_dir():
        return {}
    text = (PROC / "self/status").read_text("ascii")
    lines = text.splitlines()
    status = dict(line.split(":", 1) for line in lines)
    effective = int(status["CapEff"], 16)
    bounding = int(status["CapBnd"], 16)
    return {
        "root": os.getuid() == 0,
        "network": [name for _, name in socket.if_nameindex()],
        "capabilities": effective | bounding,
        "files": Path(hidden).exists(),
        "alone": pids() <= {1, os.getpid()},
        "filtered": int(status["Seccomp"]) == SECCOMP_MODE_FILTER,
    }


def pids() -> set[int]:
    """Return the processes that there are."""
    names = [entry.name for entry in PROC.iterdir()]
    return {int(name) for name in names if name.isdecimal()}


def open_files() -> set[str]:
    """Return the open descriptors."""
    return {*os.listdir("/dev/fd")}  # noqa: PTH208  # names of numbers, not of files


def started(*, own: bool) -> bool:
    """Tell whether there is a second thread, or a process besides this one and the first."""
    if threading.active_count() > 1:
        return True
    if not own:
        return False
    threads = list((PROC / "self/task").iterdir())
    if len(threads) > 1:
        return True
    others = pids() - {1, os.getpid()}
    return bool(others)


def kill(children: list[int], *, own: bool) -> bool:
    """Kill every process but this one; tell whether any may be left.

    Where the process ids are not our own, there is no sandbox, and the children's groups alone.
    """
    groups = [-child for child in children]
    everybody = [-1]
    found = False
    for target in everybody if own else groups:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(target, signal.SIGKILL)
            found = True
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return found


def snapshot(folder: Path) -> set[tuple[str, int, int]]:
    """Return what changes whenever something in the folder changes."""
    found = set()
    for place, _, names in os.walk(folder):
        paths = [place]
        paths += [f"{place}/{name}" for name in names]
        for path in paths:
            state = os.lstat(path)
            found.add((path, state.st_ino, state.st_ctime_ns))
    return found
