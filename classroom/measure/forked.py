"""What a process does that was forked to run a project's tests: see ``trials``."""

import ast
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from werkzeug.test import Client

OPTIONS = ["-q", "-p", "no:cacheprovider", "--basetemp=tmp"]
MEMORY = 4 << 30  # bytes: an endless loop may well fill a list
ONE_EXAMPLE = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # not the smallest one, too
OK = 200


def run(copy: Path, inside: Path, package: str, options: Sequence[str]) -> NoReturn:
    """Run pytest in a copy, write down what came out, and end without a trace.

    ``inside`` is where in the copy the project is, ``options`` are pytest's.
    """
    try:
        os.setpgrp()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        log = os.open(copy / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for output in 1, 2:
            os.dup2(log, output)
        # Two mutants of the same size, made within a second, would have the same .pyc.
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.chdir(copy / inside)
        hypothesis.settings.register_profile(
            "trial", derandomize=True, database=None, phases=ONE_EXAMPLE
        )
        hypothesis.settings.load_profile("trial")
        settings = ["-c", str(copy / "pyproject.toml")]
        count = _Count()
        code = pytest.main([*OPTIONS, *settings, *options], plugins=[count])
        result = {
            "passed": code == pytest.ExitCode.OK,
            "boots": boots(package, copy / "boots"),
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


def boots(package: str, data: Path) -> bool:
    """Tell whether the app starts, shows its page and describes itself."""
    config = {
        "TESTING": True,
        "SECRET_KEY": "only-for-trials-" * 2,
        "INSTANCE_PATH": str(data),
    }
    try:
        app = import_module(package).create_app(config)
        client = Client(app)
        page = client.get("/")
        document = client.get("/openapi.json")
    except (Exception, SystemExit):  # noqa: BLE001  # whatever it is, it does not start
        return False
    return page.status_code == OK and document.status_code == OK


def import_libraries(folder: Path, package: str) -> None:
    """Import what the project's files import, but nothing of the project itself."""
    for file in folder.rglob("*.py"):
        for name in _imported(file):
            is_own = name.partition(".")[0] == package
            # pytest wants to be the first that imports its plugin.
            if is_own or name.startswith("common.testing"):
                continue
            with suppress(ImportError):
                import_module(name)


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
