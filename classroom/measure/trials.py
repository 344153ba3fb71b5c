"""Run a project's tests in copies of it that differ in one module.

Each run is a fork of this process, which has imported the libraries before: that saves the second
or two which Python needs for them. Whatever a run starts is killed with it.
"""

import ast
import json
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest
from werkzeug.test import Client

from classroom.handout.eject import project_files
from classroom.ideas import ROOT, Idea

OPTIONS = ["-q", "-p", "no:cacheprovider", "--basetemp=tmp"]
MEMORY = 4 << 30  # bytes: an endless loop may well fill a list
FIRST_LIMIT = 600.0  # seconds
ONE_EXAMPLE = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # not the smallest one, too


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
    trial: Trial
    copy: Path
    deadline: float
    hung: bool = False


class Laboratory:
    """Copies of one project, as many as there are runs at a time."""

    def __init__(self, idea: Idea, folder: Path, copies: int, root: Path = ROOT) -> None:
        self.limit = FIRST_LIMIT
        self.tests = tuple(sorted(file.name for file in idea.folder.glob("tests/test_*.py")))
        self._slug, self._inside = idea.slug, idea.folder.relative_to(root)
        self._copies = [folder / str(number) for number in range(copies)]
        for copy in self._copies:
            for file in [root / "pyproject.toml", *project_files(idea, root)]:
                target = copy / file.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
        import_libraries(idea.folder, idea.slug)

    def path(self, module: str) -> Path:
        """Return where a module of the package is, seen from the project's folder."""
        return Path(self._slug, *module.split(".")).with_suffix(".py")

    def run(self, trials: Iterable[Trial]) -> Iterator[tuple[Trial, Outcome]]:
        """Run them, some at a time; yield each when it has ended."""
        waiting, free = iter(trials), [*self._copies]
        running: dict[int, _Running] = {}
        try:
            while True:
                while free and (trial := next(waiting, None)):
                    copy = free.pop()
                    deadline = time.monotonic() + self.limit
                    running[self._start(trial, copy)] = _Running(trial, copy, deadline)
                if not running:
                    return
                time.sleep(0.01)
                for process, one in [*running.items()]:
                    if time.monotonic() > one.deadline and not one.hung:
                        one.hung = True
                        kill_group(process)
                    if os.waitpid(process, os.WNOHANG)[0]:
                        kill_group(process)  # servers that it has started
                        del running[process]
                        free.append(one.copy)
                        yield one.trial, self._end(one)
        finally:
            for process in running:
                kill_group(process)

    def _start(self, trial: Trial, copy: Path) -> int:
        (copy / "outcome.json").unlink(missing_ok=True)
        if trial.module:
            file = copy / self._inside / self.path(trial.module)
            shutil.copy(file, copy / "before.py")
            file.write_text(trial.source, "utf-8")
        process = os.fork()
        if process == 0:
            self._child(trial, copy)
        return process

    def _end(self, one: _Running) -> Outcome:
        if one.trial.module:
            file = one.copy / self._inside / self.path(one.trial.module)
            shutil.copy(one.copy / "before.py", file)
        result = one.copy / "outcome.json"
        found: dict[str, Any] = json.loads(result.read_text()) if result.exists() else {}
        return Outcome(**found, hung=one.hung, log=(one.copy / "log").read_text(errors="replace"))

    def _child(self, trial: Trial, copy: Path) -> NoReturn:
        """Run pytest, write down what came out, and end without a trace of this program."""
        try:
            os.setpgrp()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            log = os.open(copy / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for output in 1, 2:
                os.dup2(log, output)
            # Two mutants of the same size, made within a second, would have the same .pyc.
            sys.dont_write_bytecode = True
            os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            os.chdir(copy / self._inside)
            hypothesis.settings.register_profile(
                "trial", derandomize=True, database=None, phases=ONE_EXAMPLE
            )
            hypothesis.settings.load_profile("trial")
            files = [f"tests/{name}" for name in trial.tests]
            options = [*OPTIONS, "-c", str(copy / "pyproject.toml"), *["-x"] * trial.stop_at_first]
            options += ["--assert=plain"] * bool(trial.module)  # nobody reads what it says
            count = _Count()
            code = pytest.main([*options, *files], plugins=[count])
            result = {
                "passed": code == pytest.ExitCode.OK,
                "boots": boots(self._slug, copy / "boots"),
                "tests": len(count.tests),
                "failing": len(count.failing),
            }
            (copy / "outcome.json").write_text(json.dumps(result))
        finally:
            os._exit(0)


class _Count:
    """A pytest plugin that notes which tests there are, and which fail."""

    def __init__(self) -> None:
        self.tests: set[str] = set()
        self.failing: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.tests.add(report.nodeid)
        if report.failed:
            self.failing.add(report.nodeid)


def kill_group(process: int) -> None:
    """Kill a process and all that it has started, if they are still there."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def boots(package: str, data: Path) -> bool:
    """Tell whether the app starts, shows its page and describes itself."""
    config = {"TESTING": True, "SECRET_KEY": "only-for-trials-" * 2, "INSTANCE_PATH": str(data)}
    try:
        client = Client(import_module(package).create_app(config))
        shown = [client.get(path).status_code for path in ("/", "/openapi.json")]
    except (Exception, SystemExit):  # noqa: BLE001  # whatever it is, it does not start
        return False
    return set(shown) == {200}


def import_libraries(folder: Path, package: str) -> None:
    """Import what the project's files import, but nothing of the project itself."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                # pytest wants to be the first that imports its plugin.
                if name.partition(".")[0] != package and not name.startswith("common.testing"):
                    with suppress(ImportError):
                        import_module(name)
