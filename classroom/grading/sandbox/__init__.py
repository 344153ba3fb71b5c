"""The box that a submission runs in: bubblewrap, a user of its own, limits.

What a submission sees: an interpreter with its libraries, the folder ``box``, its own files, all
read-only, and a disk in memory. No network, no process, file or variable of ours. Started by root,
it runs as a user that nobody else is; by anybody else, in a user namespace. Every box is asked
whether that holds before the submission is touched.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from classroom.grading.box import wire
from classroom.ideas import ROOT

from . import bubblewrap, cgroup, seccomp
from .limits import LIMITS, MEGA, Limits
from .line import Line

__all__ = [
    "LIMITS",
    "REFUSED",
    "Box",
    "Limits",
    "Line",
    "SandboxError",
    "bubblewrap",
    "cgroup",
    "check",
    "leaks",
    "seccomp",
]

START = """
import sys
sys.path.insert(0, {folder!r})
from box import host
del sys.path[0]
host.main()
"""
INSTALL = """\
There is no sandbox: bubblewrap is not installed.
  Debian, Ubuntu:  apt-get install bubblewrap
  Fedora:          dnf install bubblewrap"""
ELSEWHERE = """\
There is no sandbox on this system: submissions are graded on Linux.
A virtual machine, WSL 2 or a privileged container will do."""
REFUSED = """\
The sandbox does not work here: {}
In a container, it needs the right to make namespaces (docker run --privileged). On Ubuntu, grade
as root, or allow it: sysctl kernel.apparmor_restrict_unprivileged_userns=0"""


class SandboxError(Exception):
    """The box cannot be made or is not tight; the message says what to do."""


class Box(Line):
    """A running box with ``host.py`` in it."""

    def __init__(
        self,
        staged: Path,
        package: str,
        limits: Limits,
        hidden: Iterable[Path] = (),
        *,
        unsafe: bool = False,
    ) -> None:
        """Start a box for the folder ``staged``, which holds the package.

        ``hidden`` are folders that it must not see, wherever they lie. Raises SandboxError.
        """
        if sys.platform == "win32" or (sys.platform != "linux" and not unsafe):
            raise SandboxError(ELSEWHERE)
        if not unsafe and not shutil.which("bwrap"):
            raise SandboxError(INSTALL)
        ours, theirs = socket.socketpair()
        super().__init__(ours, limits)
        self._undo = ExitStack()
        self._undo.callback(ours.close)
        try:
            with theirs:
                self._start(theirs, staged, package, {ROOT, *hidden}, unsafe=unsafe)
            found = self._surroundings()
            if problems := [] if unsafe else [*leaks(found)]:
                raise SandboxError(REFUSED.format("; ".join(problems)))
        except BaseException:
            self.close()
            raise

    def _start(
        self,
        theirs: socket.socket,
        staged: Path,
        package: str,
        hidden: Iterable[Path],
        *,
        unsafe: bool,
    ) -> None:
        scratch, folder, shown, group = "/tmp", bubblewrap.INSIDE, "/submission", None  # noqa: S108
        if unsafe:
            scratch = self._undo.enter_context(tempfile.TemporaryDirectory(prefix="unsafe-"))
            folder, shown = str(bubblewrap.BOX.parent), str(staged)
        else:
            group = cgroup.Group(self.limits.memory * MEGA, self.limits.processes)
            self._undo.callback(group.remove)
        with tempfile.TemporaryFile() as rules:
            job = {
                "control": theirs.fileno(),
                "fresh": False,
                "hidden": str(ROOT / "projects"),
                "import_seconds": self.limits.imports,
                "own_pids": not unsafe,
                "package": package,
                "rlimits": self.limits.rlimits(),
                "scratch": scratch,
                "staged": shown,
            }
            start = START.format(folder=folder)
            command = [sys.executable, "-I", "-B", "-c", start, json.dumps(job)]
            if not unsafe:
                rules.write(seccomp.program())
                rules.seek(0)
                disk = self.limits.disk * MEGA
                command = bubblewrap.command(command, staged, disk, hidden, rules.fileno())
            if group:
                command = group.command(command)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,  # until our own code has come up
                env={"PATH": os.defpath, "HOME": scratch, "USER": "student", "LANG": "C.UTF-8"},
                pass_fds=[theirs.fileno(), rules.fileno()],
            )
        self._undo.callback(self._process.__exit__, None, None, None)  # waits
        self._undo.callback(self._process.kill)

    def _surroundings(self) -> object:
        """Wait for our own code to come up in the box; return what it can see there."""
        try:
            return self._hear(self.limits.start).get("up")
        except (EOFError, OSError, wire.WireError):
            self._process.kill()
            said = self._process.stderr.read() if self._process.stderr else b""
        reason = said.decode(errors="replace").strip() or "it gives no sign of life"
        raise SandboxError(REFUSED.format(reason))

    def close(self) -> None:
        """Kill everything in the box, and so the box."""
        self._undo.close()


def leaks(found: Any) -> Iterator[str]:
    """Yield what is not as it must be, from what the host has seen inside of the box."""
    expected = {"root": False, "network": ["lo"], "capabilities": 0, "files": False, "alone": True}
    if seccomp.program():
        expected["filtered"] = True
    found = found if isinstance(found, dict) else {}
    for name, value in expected.items():
        if found.get(name) != value:
            yield f"{name} is {found.get(name)!r}"


def check(*, unsafe: bool = False) -> None:
    """Make a box and throw it away. Raises SandboxError with what prevents that."""
    Box(bubblewrap.BOX, "nothing", LIMITS, unsafe=unsafe).close()
