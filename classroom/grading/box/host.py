"""The trusted part inside the box: imports the submission once and forks a child for each test.

The grader starts it with a socket (see ``wire``) and says what to do:

- First it takes its limits on and loads the libraries, reports ``up`` with what can be seen of the
  machine from here, and only then imports the submission. ``ready`` or ``failed`` follows.
- ``start`` brings a listening socket: a forked child makes the application on fresh data and
  answers there, one connection for each operation (``child``).
- ``end`` kills all that the test has left, whatever its session, and empties the disk.

The submission runs as the same user and can do to this process what it likes. No grade hangs on
it: the tests run in the grader, which sees answers and nothing else.
"""

import gc
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from . import child, processes, wire

LIBRARIES = (
    "common.api",
    "common.database",
    "common.describe.openapi",
    "common.pagination",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.orm",
    "werkzeug.test",
)
SHOWN = 2000  # characters of an error
KILL_SECONDS = 5


class Host:
    """The box's side of one submission."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.control = socket.socket(fileno=job["control"])
        self.scratch = Path(job["scratch"])
        self.app_folder = self.scratch / "app"
        # What is there already is not the submission's: the environment may be in /tmp.
        self.kept = [*job.get("kept", map(str, self.scratch.iterdir())), str(self.app_folder)]
        self.children: list[int] = []
        self.template: child.Template | None = None

    def prepare(self) -> None:
        """Take the limits on, load the libraries, tell the grader what can be seen from here."""
        for name, value in self.job["rlimits"].items():
            if name != "RLIMIT_NPROC" or self.job["own_pids"]:  # it counts the whole user's
                resource.setrlimit(getattr(resource, name), (value, value))
        with suppress(OSError):  # where memory runs out, we are the first to go
            Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
        for name in LIBRARIES:
            importlib.import_module(name)
        child.load_backend()
        if not self.job["fresh"]:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            wire.send(self.control, {"up": processes.surroundings(self.job["hidden"])})

    def import_once(self) -> None:
        """Import the submission here for all children, or say that each does it for itself."""
        self._fill_app_folder()
        sys.path.insert(0, str(self.app_folder))  # after the libraries: a flask.py shadows nothing
        if not self.job["fresh"]:
            before = processes.open_files()
            self._import()
            if processes.open_files() != before or processes.started(own=self.job["own_pids"]):
                # What a thread or a connection does does not survive a fork.
                job = json.dumps(self.job | {"fresh": True, "kept": self.kept})
                os.set_inheritable(self.control.fileno(), True)
                os.execv(sys.executable, [*sys.orig_argv[:-1], job])  # noqa: S606  # ourselves
        gc.collect()
        gc.freeze()  # what is here is here to stay: no child need copy it to look at it
        wire.send(self.control, {"ready": True})

    def _import(self) -> None:
        signal.signal(signal.SIGALRM, self._still_importing)
        signal.setitimer(signal.ITIMER_REAL, self.job["import_seconds"])
        try:
            importlib.import_module(self.job["package"])
        except BaseException as error:  # noqa: BLE001  # whatever a stranger's code raises
            self._fail(self.explain(error))
        with suppress(BaseException):  # the first start will say what is wrong
            self.template = child.Template(self.job["package"], self.scratch / "data")
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _still_importing(self, _signal: int, frame: FrameType | None) -> None:
        while frame and not self._is_own(frame.f_code.co_filename):
            frame = frame.f_back
        place = self._place(frame.f_code.co_filename, frame.f_lineno) if frame else ""
        self._fail(f"It did not start within {self.job['import_seconds']} s {place}")

    def _fail(self, reason: str) -> None:
        wire.send(self.control, {"failed": reason.strip()})
        os._exit(1)

    def explain(self, error: BaseException) -> str:
        """Say in one line what went wrong, and where in the submission."""
        text = traceback.format_exception_only(error)[-1].strip()
        if isinstance(error, SyntaxError) and error.filename:
            return f"{text} {self._place(error.filename, error.lineno)}"[:SHOWN]
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if self._is_own(frame.filename)]
        return f"{text} {self._place(own[-1].filename, own[-1].lineno) if own else ''}"[:SHOWN]

    def _is_own(self, file: str) -> bool:
        return file.startswith(f"{self.app_folder}/")

    def _place(self, file: str, line: int | None) -> str:
        return f"({file.removeprefix(f'{self.app_folder}/')}, line {line})"

    def serve(self) -> None:
        """Do what the grader says until it hangs up."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self.control, wire.MAX_HEADER, 1)
            if not message:
                return
            order = json.loads(message)
            if order["op"] == "start":
                with socket.socket(fileno=descriptors[0]) as listener:
                    done = self._fork(listener, order["settings"])
            else:
                done = self._end()
            wire.send(self.control, {"done": done})

    def _fork(self, listener: socket.socket, settings: dict[str, str]) -> bool:
        pid = os.fork()
        if pid:
            self.children.append(pid)
            return True
        try:
            self.control.close()
            os.setsid()
            child.serve(listener, partial(self._make, settings), self.explain)
        finally:
            os._exit(1)

    def _make(self, settings: dict[str, str], errors: list[str]) -> Any:
        if self.template and not settings and (running := self.template.start(errors)):
            return running
        return child.start(self.job["package"], self.scratch / "data", settings, errors)

    def _end(self) -> bool:
        """Kill all processes but this one and empty the disk; tell whether that has worked."""
        deadline = time.monotonic() + KILL_SECONDS
        while processes.kill(self.children, own=self.job["own_pids"]):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        self.children.clear()
        try:
            for folder in [self.scratch, Path("/dev/shm")][: 1 + self.job["own_pids"]]:  # noqa: S108
                for entry in folder.iterdir():
                    if str(entry) not in self.kept:
                        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            if processes.snapshot(self.app_folder) != self.app_state:
                shutil.rmtree(self.app_folder)
                self._fill_app_folder()
        except (OSError, RecursionError):  # the grader will take another box
            return False
        return True

    def _fill_app_folder(self) -> None:
        """Copy the submission to where it may write; it is the current folder."""
        shutil.copytree(self.job["staged"], self.app_folder, dirs_exist_ok=True)
        self.app_state = processes.snapshot(self.app_folder)
        os.chdir(self.app_folder)


def main() -> None:
    """Be the host of the box, until the grader hangs up."""
    host = Host(json.loads(sys.argv[1]))
    host.prepare()
    host.import_once()
    host.serve()
