"""Run a project's tests in copies of it that differ in one module.

Each run is a fork of this process, which has imported the libraries before: that saves the second
or two which Python needs for them. Whatever a run starts is killed with it.
"""

import json
import os
import shutil
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classroom.handout.files import project_files
from classroom.ideas import ROOT, Idea

from . import forked

FIRST_LIMIT = 600.0  # seconds


@dataclass(frozen=True)
class Trial:
    """What to run: these files of tests, with this text in the place of a module's."""

    tests: tuple[str, ...]
    module: str = ""
    source: str = ""
    stop_at_first: bool = True


@dataclass(frozen=True)
class Outcome:
    """How it ended. ``passed`` is false, too, if it hung, crashed or could not begin."""

    passed: bool = False
    hung: bool = False
    boots: bool = False
    tests: int = 0
    failing: int = 0
    log: str = ""


@dataclass
class _Running:
    process: int
    trial: Trial
    copy: Path
    deadline: float
    hung: bool = False

    def has_ended(self) -> bool:
        """Tell whether the run is over; kill one that takes too long, and what one has left."""
        if time.monotonic() > self.deadline and not self.hung:
            self.hung = True
            kill_group(self.process)
        ended, _ = os.waitpid(self.process, os.WNOHANG)
        if ended:
            kill_group(self.process)  # servers that it has started
        return ended != 0


class Laboratory:
    """Copies of one project, as many as there are runs at a time."""

    def __init__(self, idea: Idea, folder: Path, copies: int, root: Path = ROOT) -> None:
        self.limit = FIRST_LIMIT
        tests = sorted(file.name for file in idea.folder.glob("tests/test_*.py"))
        self.tests = tuple(tests)
        self._slug = idea.slug
        self._inside = idea.folder.relative_to(root)
        self._copies = [folder / str(number) for number in range(copies)]
        files = [root / "pyproject.toml", *project_files(idea, root)]
        for copy in self._copies:
            for file in files:
                target = copy / file.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
        forked.import_libraries(idea.folder, idea.slug)

    def path(self, module: str) -> Path:
        """Return where a module of the package is, seen from the project's folder."""
        return Path(self._slug, *module.split(".")).with_suffix(".py")

    def run(self, trials: Iterable[Trial]) -> Iterator[tuple[Trial, Outcome]]:
        """Run them, some at a time; yield each when it has ended."""
        waiting = deque(trials)
        free = list(self._copies)
        running: dict[int, _Running] = {}
        try:
            while waiting or running:
                while waiting and free:
                    one = self._start(waiting.popleft(), free.pop())
                    running[one.process] = one
                time.sleep(0.01)
                for one in list(running.values()):
                    if one.has_ended():
                        del running[one.process]
                        free.append(one.copy)
                        yield one.trial, self._end(one)
        finally:
            for process in running:
                kill_group(process)

    def _start(self, trial: Trial, copy: Path) -> _Running:
        (copy / "outcome.json").unlink(missing_ok=True)
        if trial.module:
            file = copy / self._inside / self.path(trial.module)
            shutil.copy(file, copy / "before.py")
            file.write_text(trial.source, "utf-8")
        process = os.fork()
        if process == 0:
            forked.run(copy, self._inside, self._slug, _options(trial))
        return _Running(process, trial, copy, time.monotonic() + self.limit)

    def _end(self, one: _Running) -> Outcome:
        if one.trial.module:
            file = one.copy / self._inside / self.path(one.trial.module)
            shutil.copy(one.copy / "before.py", file)
        found: dict[str, Any] = {}
        result = one.copy / "outcome.json"
        if result.exists():
            found = json.loads(result.read_text())
        log = (one.copy / "log").read_text(errors="replace")
        return Outcome(**found, hung=one.hung, log=log)


def _options(trial: Trial) -> list[str]:
    options = []
    if trial.stop_at_first:
        options.append("-x")
    if trial.module:
        options.append("--assert=plain")  # nobody reads what it says
    return options + [f"tests/{name}" for name in trial.tests]


def kill_group(process: int) -> None:
    """Kill a process and all that it has started, if they are still there."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
