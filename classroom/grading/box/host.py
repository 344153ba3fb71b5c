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
        there = [str(entry) for entry in self.scratch.iterdir()]
        self.kept = [*job.get("kept", there), str(self.app_folder)]
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
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 2)
            seen = processes.surroundings(self.job["hidden"])
            wire.send(self.control, {"up": seen})

    def import_once(self) -> None:
        """Import the submission here for all children, or say that each does it for itself."""
        self._fill_app_folder()
        sys.path.insert(0, str(self.app_folder))  # after the libraries: a flask.py shadows nothing
        if not self.job["fresh"]:
            before = processes.open_files()
            self._import()
            has_opened = processes.open_files() != before
            if has_opened or processes.started(own=self.job["own_pids"]):
                self._begin_anew()
        gc.collect()
        gc.freeze()  # what is here is here to stay: no child need copy it to look at it
        wire.send(self.control, {"ready": True})

    def _begin_anew(self) -> None:
        """Be a process that has not imported it: a thread or a connection survives no fork."""
        job = {**self.job, "fresh": True, "kept": self.kept}
        command = [*sys.orig_argv[:-1], json.dumps(job)]
        os.set_inheritable(self.control.fileno(), True)
        os.execv(sys.executable, command)  # noqa: S606  # ourselves

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
        while frame is not None and not self._is_own(frame.f_code.co_filename):
            frame = frame.f_back
        reason = f"It did not start within {self.job['import_seconds']} s"
        if frame is not None:
            reason += f" {self._place(frame.f_code.co_filename, frame.f_lineno)}"
        self._fail(reason)

    def _fail(self, reason: str) -> None:
        wire.send(self.control, {"failed": reason.strip()})
        os._exit(1)

    def explain(self, error: BaseException) -> str:
        """Say in one line what went wrong, and where in the submission."""
        text = traceback.format_exception_only(error)[-1].strip()
        place = ""
        for frame in traceback.extract_tb(error.__traceback__):
            if self._is_own(frame.filename):
                place = self._place(frame.filename, frame.lineno)  # the last one counts
        if isinstance(error, SyntaxError) and error.filename:
            place = self._place(error.filename, error.lineno)
        return f"{text} {place}"[:SHOWN]

    def _is_own(self, file: str) -> bool:
        return file.startswith(f"{self.app_folder}/")

    def _place(self, file: str, line: int | None) -> str:
        inside = file.removeprefix(f"{self.app_folder}/")
        return f"({inside}, line {line})"

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
        if self.template is not None and not settings:
            running = self.template.start(errors)
            if running is not None:
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
            self._empty(self.scratch)
            if self.job["own_pids"]:
                self._empty(Path("/dev/shm"))  # noqa: S108
            if processes.snapshot(self.app_folder) != self.app_state:
                shutil.rmtree(self.app_folder)
                self._fill_app_folder()
        except (OSError, RecursionError):  # the grader will take another box
            return False
        return True

    def _empty(self, folder: Path) -> None:
        for entry in folder.iterdir():
            if str(entry) in self.kept:
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()

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
