"""Processes with pytest loaded, for any number of runs: see ``alone`` for what is in them.

Each is a process with nothing of the teacher's in it: no variable, no current folder, no settings.
It runs in a box of its own, which is asked whether it is tight.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from classroom.ideas import ROOT, Idea

from .box import wire
from .sandbox import REFUSED, Limits, SandboxError, bubblewrap, leaks, seccomp

START = """
import socket, sys
sys.path.append({root!r})
from classroom.grading.alone import serve
serve(socket.socket(fileno={control}), {hidden!r}, own_pids={own_pids})
"""


class Stopped(Exception):
    """The run was ended from outside: there is no result."""


@dataclass
class Server:
    """A process with pytest in it, and the socket that leads there."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def kill(self) -> None:
        """End it, now."""
        self.process.kill()
        self.control.close()


class Servers:
    """The servers of one idea, lent to one thread at a time each; ``stop`` ends them all."""

    def __init__(self, idea: Idea, limits: Limits, *, unsafe: bool) -> None:
        self.stopped = False
        self._idea = idea
        self._limits = limits
        self._unsafe = unsafe
        self._all: list[Server] = []
        self._idle: list[Server] = []
        self._lock = threading.Lock()
        # A server dies with the thread that has started it: this one stays.
        self._keeper = ThreadPoolExecutor(1)

    @contextmanager
    def lend(self) -> Iterator[Server]:
        """Lend a server that has nothing to do; one that has failed is killed. Raises Stopped."""
        with self._lock:
            if self.stopped:
                raise Stopped
            if not self._idle:
                starting = self._keeper.submit(self._start)
                self._idle.append(starting.result())
            server = self._idle.pop()
        try:
            yield server
        except BaseException:
            server.kill()
            raise
        with self._lock:
            self._idle.append(server)

    def _start(self) -> Server:
        ours, theirs = socket.socketpair()
        with theirs:
            server = Server(self._process(theirs.fileno()), ours)
        self._all.append(server)
        try:
            header, _ = wire.receive(ours, time.monotonic() + self._limits.start)
        except (EOFError, OSError, wire.WireError):
            server.kill()
            said = b"" if server.process.stderr is None else server.process.stderr.read()
            reason = said.decode(errors="replace").strip() or "pytest gives no sign of life"
            raise SandboxError(REFUSED.format(reason)) from None
        problems = [] if self._unsafe else list(leaks(header.get("up")))
        if problems:
            server.kill()
            raise SandboxError(REFUSED.format("; ".join(problems)))
        return server

    def _process(self, control: int) -> "subprocess.Popen[bytes]":
        """Start a process that takes its orders from the descriptor ``control``."""
        project = self._idea.folder
        start = START.format(
            root=str(ROOT),
            control=control,
            hidden=str(project / self._idea.slug),
            own_pids=not self._unsafe,
        )
        command = [sys.executable, "-I", "-c", start]
        with tempfile.TemporaryFile() as rules:
            if not self._unsafe:
                rules.write(seccomp.program())
                rules.seek(0)
                shown = [ROOT / "classroom", project / "tests", project / "idea.toml"]
                command = bubblewrap.command_for_tests(command, shown, rules.fileno())
            return subprocess.Popen(
                command,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,  # until our own code has come up
                pass_fds=[control, rules.fileno()],
                start_new_session=True,  # Ctrl-C is for us: what it means is said in `batch`
            )

    def stop(self) -> None:
        """End all runs, now, for good."""
        with self._lock:
            self.stopped = True
        for server in self._all:
            server.process.kill()
            with suppress(OSError):
                # Who waits there is told, and closes it.
                server.control.shutdown(socket.SHUT_RDWR)
            with server.process:  # closes its pipes and waits
                pass
        for server in self._idle:
            server.control.close()
        self._keeper.shutdown()
