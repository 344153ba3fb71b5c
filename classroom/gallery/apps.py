"""The projects' applications, each under ``/apps/<slug>/``, started when first visited."""

import re
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from classroom.ideas import Idea

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STOP_SECONDS = 5
SEEDED = "gallery-seeded"  # in the instance folder: the demo data has been filled in once


class StartError(Exception):
    """A project's application did not start; the text is its traceback's last line."""


class LazyApp:
    """One project's application, made by the first caller of ``get`` while the others wait."""

    def __init__(self, idea: Idea, instance: Path | None = None) -> None:
        self.idea = idea
        self._instance = instance
        self._lock = threading.Lock()
        self._app: Flask | None = None
        self._started = ExitStack()

    def get(self) -> Flask:
        """Return the application.

        Raises StartError when it does not start; the next call tries again.
        """
        with self._lock:
            if self._app is None:
                began = time.perf_counter()
                try:
                    with ExitStack() as started:
                        self._app = start(self.idea, self._instance, started)
                        self._started = started.pop_all()
                except (Exception, SystemExit) as error:
                    traceback.print_exc()
                    reason = traceback.format_exception_only(error)[-1].strip()
                    raise StartError(reason) from error
                print(
                    f"{self.idea.slug} started in {time.perf_counter() - began:.1f} s", flush=True
                )
            return self._app

    def close(self) -> None:
        """Stop what the application has started: its worker, its connections."""
        with self._lock:
            self._started.close()
            self._app = None


class Dispatcher:
    """WSGI: ``/apps/<slug>/…`` goes to that project, all else to the site."""

    def __init__(
        self,
        site: "WSGIApplication",
        ideas: Iterable[Idea],
        failed: Callable[["WSGIEnvironment", Idea, str], Response],
        data: Path | None = None,
    ) -> None:
        """Keep each project's data in its own ``instance/``, or in ``data/<slug>`` where given."""
        self._site = site
        self._failed = failed
        self.apps = {idea.slug: LazyApp(idea, data / idea.slug if data else None) for idea in ideas}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        match = re.match(r"/apps/([^/]+)(?=/|$)", environ["PATH_INFO"])
        lazy = self.apps.get(match[1]) if match else None
        if match is None or lazy is None:
            return self._site(environ, start_response)
        if environ["PATH_INFO"] == match[0]:
            home = redirect(f"{environ.get('SCRIPT_NAME', '')}{match[0]}/", 308)
            return home(environ, start_response)
        try:
            app = lazy.get()
        except StartError as error:
            return self._failed(environ, lazy.idea, str(error))(environ, start_response)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + match[0]
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(match[0])
        return app(environ, start_response)

    def close(self) -> None:
        """Stop what was started."""
        for lazy in self.apps.values():
            lazy.close()


def start(idea: Idea, instance: Path | None, started: ExitStack) -> Flask:
    """Create the application as ``flask run`` would, with demo data at the first start.

    What must be stopped in the end is put on ``started``.
    """
    config: dict[str, Any] = {
        "DEBUG": True,  # as under `flask run`: .env is read, the secret key kept in instance/
        "PROPAGATE_EXCEPTIONS": False,
        "DATABASE_URL": None,  # one database cannot hold all projects: each has its own file
        "SESSION_COOKIE_PATH": f"/apps/{idea.slug}/",
    }
    if instance:
        config["INSTANCE_PATH"] = str(instance)
    app = _package(idea).create_app(config)
    if not isinstance(app, Flask):
        raise TypeError(f"create_app returned {app!r}, not a Flask application")
    started.callback(_disconnect, app)
    _seed_once(app)
    if "common_jobs" in app.extensions:
        started.callback(app.extensions["common_jobs"].close)
        jobs = import_module("common.jobs")  # needs libraries that not all projects have
        started.callback(_stop, jobs.start_worker(app))
    return app


def _disconnect(app: Flask) -> None:
    if "sqlalchemy" in app.extensions:
        with app.app_context():
            for engine in app.extensions["sqlalchemy"].engines.values():
                engine.dispose()


def _stop(worker: "subprocess.Popen[bytes]") -> None:
    worker.terminate()  # it ends when the job in hand is done
    try:
        worker.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _package(idea: Idea) -> Any:  # a module with create_app
    if str(idea.folder) not in sys.path:
        sys.path.append(str(idea.folder))
    package = import_module(idea.slug)
    if idea.folder not in Path(package.__file__ or "/").parents:
        raise ImportError(f"{idea.slug} is {package.__file__}, not the project in {idea.folder}")
    return package


def _seed_once(app: Flask) -> None:
    marker = Path(app.instance_path) / SEEDED
    if "seed" in app.cli.commands and not marker.exists():
        with app.app_context():
            app.cli.commands["seed"].main(args=[], prog_name="flask seed", standalone_mode=False)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
