"""The pytest plugin of all projects (``-p common.testing``): fixtures of story and unit tests.

Story tests use ``client``, ``as_user``, ``connect``, ``run``, ``clock``, ``work``, ``restart``,
``at_once``, the stand-ins ``upstream`` and ``mailbox``, and the marks ``story`` and ``settings``;
unit tests may use ``app``, ``grow``, ``max_queries`` and ``live`` besides. A failed test shows its
last requests and answers, and the traceback behind a 500.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from common import clock as clock_module
from common.database import count_queries
from common.testing.backend import Backend, InProcess, RecordingClient, Result
from common.testing.growth import rows_of
from common.testing.mailbox import mailbox as mailbox
from common.testing.servers import Server, wait_until
from common.testing.servers import at_once as _at_once
from common.testing.streams import connect as connect
from common.testing.upstream import upstream as upstream
from common.testing.users import as_user as as_user

__all__ = ["Backend", "Project", "Result", "wait_until"]

PLACEHOLDER = re.compile(r"\{[a-z]+\}")
EXCHANGES = pytest.StashKey[list[str]]()
LAST_EXCHANGES = 6


@dataclass(frozen=True, slots=True)
class Project:
    """The project that a test belongs to."""

    root: Path
    package: str
    idea: dict[str, Any]


class Clock:
    """The application's clock: real until it is set."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def set(self, moment: str) -> None:
        """Stop the clock at ``moment``: ``"2026-03-01T12:00:00Z"``."""
        self._backend.set_clock(moment)

    def advance(self, **delta: float) -> None:
        """Move the clock: ``advance(days=1)``."""
        self._backend.advance_clock(timedelta(**delta).total_seconds())


def pytest_configure(config: pytest.Config) -> None:
    """Put the projects on the path and make the marks known."""
    config.addinivalue_line("markers", "story(id): the story of idea.toml that the test belongs to")
    config.addinivalue_line(
        "markers", "settings(**names): settings of the application for this test"
    )
    for file in [
        *config.rootpath.glob("projects/*/*/idea.toml"),
        *config.rootpath.glob("idea.toml"),
    ]:
        sys.path.insert(0, str(file.parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the tests of one story."""
    parser.addoption("--story", metavar="ID", help="run the tests of this story of idea.toml alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to another story than the one that is asked for."""
    wanted = config.getoption("--story")
    if wanted is None:
        return
    chosen: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        mark = item.get_closest_marker("story")
        if mark is not None and mark.args == (wanted,):
            chosen.append(item)
        else:
            others.append(item)
    items[:] = chosen
    config.hook.pytest_deselected(items=others)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Add the last exchanges to the report of a failed test."""
    report: Any = yield
    exchanges = item.stash.get(EXCHANGES, [])
    if report.when == "call" and report.failed and exchanges:
        report.sections.append(
            ("What was sent and what came back", "\n".join(exchanges[-LAST_EXCHANGES:]))
        )
    return report


@pytest.fixture
def project(request: pytest.FixtureRequest) -> Project:
    """The project whose folder the test file is in."""
    for folder in request.path.parents:
        if (folder / "idea.toml").is_file():
            idea = tomllib.loads((folder / "idea.toml").read_text(encoding="utf-8"))
            return Project(folder, idea["slug"], idea)
    raise pytest.UsageError(f"{request.path} is in no project: no idea.toml in a folder above it")


@pytest.fixture
def marked_settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that the marks of the test ask for, the nearest mark winning."""
    marks = reversed(list(request.node.iter_markers("settings")))
    return {name: value for mark in marks for name, value in mark.kwargs.items()}


@pytest.fixture
def app_settings(marked_settings: dict[str, str]) -> dict[str, str]:
    """Those of them that wait for no address, such as ``{upstream}``."""
    return {name: it for name, it in marked_settings.items() if not PLACEHOLDER.search(it)}


@pytest.fixture
def provide(backend: Backend, marked_settings: dict[str, str]) -> Callable[[str, str], None]:
    """Start the application anew with the settings that wait: ``provide("upstream", "host:1")``."""

    def give(name: str, address: str) -> None:
        there = {
            key: value.replace(f"{{{name}}}", address)
            for key, value in marked_settings.items()
            if f"{{{name}}}" in value
        }
        if there:
            backend.restart(there)

    return give


@pytest.fixture(scope="session")
def queue_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the embedded queue: its server starts once and stays while tests run."""
    return tmp_path_factory.mktemp("queue")


@pytest.fixture
def backend(
    request: pytest.FixtureRequest,
    project: Project,
    app_settings: dict[str, str],
    queue_folder: Path,
    tmp_path: Path,
) -> Iterator[Backend]:
    """The application under test, on fresh data. Grading replaces this fixture alone."""
    exchanges = request.node.stash.setdefault(EXCHANGES, [])
    settings = dict(app_settings)
    running = InProcess(project.package, tmp_path / "instance", settings, queue_folder, exchanges)
    yield running
    running.release()
    clock_module.reset()


@pytest.fixture
def client(request: pytest.FixtureRequest, backend: Backend) -> RecordingClient:
    """A ``werkzeug.test.Client`` of the application."""
    return RecordingClient(backend, request.node.stash.setdefault(EXCHANGES, []))


@pytest.fixture
def run(backend: Backend) -> Callable[..., Result]:
    """Run a command: ``run("seed").output``."""
    return backend.run


@pytest.fixture
def clock(backend: Backend) -> Clock:
    """Set and move the application's clock."""
    return Clock(backend)


@pytest.fixture
def work(backend: Backend) -> Callable[[], None]:
    """Let the queue and due scheduled jobs run until idle: ``work()``."""
    return backend.work


@pytest.fixture
def restart(backend: Backend) -> Callable[..., None]:
    """Start the application anew on the same data: ``restart(NAME="value")``."""
    return lambda **settings: backend.restart(settings)


@pytest.fixture
def at_once() -> Callable[[int, Callable[[int], Any]], list[Any]]:
    """Call from many threads released together: ``at_once(30, lambda i: client.post(…))``."""
    return _at_once


@pytest.fixture
def app(backend: Backend) -> Flask:
    """The Flask application itself, for unit tests only."""
    if not isinstance(backend, InProcess):
        raise pytest.UsageError("A story test must not use 'app': there is none in the sandbox.")
    return backend.app


@pytest.fixture
def grow(app: Flask, project: Project) -> Callable[[int], None]:
    """Add made-up rows, those of ``tests/growth.py``: ``grow(100)``."""

    def add(number: int) -> None:
        with app.app_context():
            rows_of(project.root)(number)

    return add


@pytest.fixture
def max_queries(app: Flask) -> Callable[[int], AbstractContextManager[None]]:
    """Fail when the block executes more statements: ``with max_queries(3): client.get(…)``."""

    @contextmanager
    def check(number: int) -> Iterator[None]:
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
        with count_queries(engine) as statements:
            yield
        if len(statements) > number:
            lines = (f"{n}. {' '.join(it.split())}" for n, it in enumerate(statements, 1))
            head = f"{len(statements)} statements, at most {number} are right:"
            pytest.fail("\n".join([head, *lines]), pytrace=False)

    return check


@pytest.fixture
def live(
    project: Project, app_settings: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., str]]:
    """Start the project under gunicorn: ``url = live(workers=2, threads=8, NAME="value")``."""
    servers: list[Server] = []

    def start(workers: int = 2, threads: int = 8, **settings: str) -> str:
        folder = tmp_path / "live"
        folder.mkdir(exist_ok=True)
        servers.append(Server(project.root, folder, {**app_settings, **settings}, workers, threads))
        return servers[-1].url

    yield start
    for server in servers:
        server.stop()
