"""The application under test as a story test sees it: by HTTP, commands, time and settings alone.

A story test never touches the application itself. It speaks to a ``Backend``, and everything that
crosses is data, so that the same test runs here, in one process, and in grading, where the
application is a stranger's and sits in a sandbox.
"""

import json
import socket
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, got_request_exception
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request

from common import clock

SHOWN = 2000  # characters of a body in a failure report


@dataclass(frozen=True, slots=True)
class Result:
    """What a command printed and its exit code."""

    exit_code: int
    output: str


class Backend(Protocol):
    """What a story test may use; in-process here, boxed in grading."""

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Forward one request."""

    def run(self, *args: str) -> Result:
        """Run a command of the application: ``run("seed")``."""

    def set_clock(self, moment: str) -> None:
        """Stop the application's clock at ``moment``, RFC 3339."""

    def advance_clock(self, seconds: float) -> None:
        """Move the application's clock."""

    def work(self) -> None:
        """Let the queue and due scheduled jobs run until idle."""

    def restart(self, settings: Mapping[str, str]) -> None:
        """Start the application anew on the same data, with changed settings."""

    def stream(self) -> socket.socket:
        """Return a connection to a server of the application: HTTP/1.1, WebSockets included."""

    def listener(self) -> socket.socket:
        """Return a socket on loopback that listens where the application can reach it."""


@dataclass
class InProcess:
    """The application in this process, on a folder of its own."""

    package: str
    folder: Path
    settings: dict[str, str]
    queue_folder: Path
    """Where the embedded queue is: one for many tests, for it takes longer to start than a test."""
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the application, its queue empty."""
        self._server: _Server | None = None
        self._made: list[Flask] = []
        self.app = self._start()
        if "common_jobs" in self.app.extensions and not self.app.config["REDIS_URL"]:
            _keep_running(self.queue_folder)
            self.app.extensions["common_jobs"].redis.flushall()

    def _start(self) -> Flask:
        fixed = {
            "TESTING": True,
            "PROPAGATE_EXCEPTIONS": False,
            "INSTANCE_PATH": str(self.folder),
            "QUEUE_FOLDER": str(self.queue_folder),
        }
        app: Flask = import_module(self.package).create_app(
            {"SECRET_KEY": "only-for-tests-" * 3, **fixed, **self.settings}
        )
        got_request_exception.connect(self._note, app)
        self._made.append(app)
        return app

    def _note(self, _app: Flask, exception: BaseException, **_more: object) -> None:
        self.errors.append("".join(traceback.format_exception(exception)))

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Call the application as a server would: an exception in a view is a 500."""
        return self.app(environ, start_response)

    def run(self, *args: str) -> Result:
        """Run a command of the application."""
        result = self.app.test_cli_runner().invoke(args=list(args))
        if result.exc_info and not isinstance(result.exception, (SystemExit, type(None))):
            self.errors.append("".join(traceback.format_exception(*result.exc_info)))
        return Result(result.exit_code, result.output)

    def set_clock(self, moment: str) -> None:
        """Stop the clock."""
        clock.set_to(datetime.fromisoformat(moment))

    def advance_clock(self, seconds: float) -> None:
        """Move the clock."""
        clock.advance(seconds=seconds)

    def work(self) -> None:
        """Tick the scheduler and work off the queue, here."""
        if "common_scheduler" in self.app.extensions:
            self.app.extensions["common_scheduler"].tick()
        if "common_jobs" in self.app.extensions:
            from common import jobs  # noqa: PLC0415  # only projects with a queue have its libraries

            jobs.run_until_idle(self.app)

    def restart(self, settings: Mapping[str, str]) -> None:
        """Start anew on the same folder."""
        self.release()
        self.settings |= settings
        self.app = self._start()

    def stream(self) -> socket.socket:
        """Make a connection whose other end is served."""
        ours, theirs = socket.socketpair()
        self.serve(theirs)
        return ours

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection in a thread, until the application is released."""
        self._server = self._server or _Server(self.wsgi)
        self._server.take(connection)

    def listener(self) -> socket.socket:
        """Listen; whoever asks closes it."""
        return socket.create_server(("127.0.0.1", 0), backlog=64)

    def release(self) -> None:
        """Close what is open: at exit it would be a warning, and so an error."""
        if self._server:
            self._server.end()
            self._server = None
        for app in self._made:  # a test may have held on to one from before a restart
            if "common_jobs" in app.extensions:
                app.extensions["common_jobs"].close()
            db = app.extensions.get("sqlalchemy")
            if db is not None:
                with app.app_context():
                    db.session.remove()
                    for engine in db.engines.values():
                        engine.dispose()


@cache
def _keep_running(queue_folder: Path) -> int:
    """Be a user of the queue's server until this process ends, so that it stays between tests."""
    from common.jobs import server  # noqa: PLC0415  # as above

    return server.join(queue_folder)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class _Server(ThreadedWSGIServer):
    """Serves connections that are handed to it, each in a thread; nobody can dial it."""

    daemon_threads = False  # so that its end waits for theirs: they use the database to the last

    def __init__(self, app: Any) -> None:
        super().__init__("127.0.0.1", 0, app, _Handler)
        self.open: set[socket.socket] = set()

    def take(self, connection: socket.socket) -> None:
        self.open.add(connection)
        self.process_request(connection, ("127.0.0.1", 0))

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.open.discard(request)

    def end(self) -> None:
        for connection in [*self.open]:
            with suppress(OSError):  # it has just ended by itself
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class RecordingClient(Client):
    """A test client that remembers its exchanges, for the report of a failed test."""

    def __init__(self, backend: Backend, exchanges: list[str]) -> None:
        super().__init__(backend.wsgi)
        self.exchanges = exchanges

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request and note it with its answer."""
        kwargs.setdefault("buffered", True)  # read whole and closed: no file stays open
        response = super().open(*args, **kwargs)
        request: Request = response.request
        sent = json.dumps(kwargs["json"]) if "json" in kwargs else kwargs.get("data", "")
        shown = response.get_data()[:SHOWN]
        request.environ["wsgi.input"].close()  # a large form is a file
        location = response.headers.get("Location")
        self.exchanges.append(
            f"→ {request.method} {request.full_path.rstrip('?')}  {str(sent)[:SHOWN]}\n"
            f"← {response.status}"
            + (f"  Location: {location}" if location else "")
            + f"\n  {_text(shown)}"
        )
        return response


def _text(body: bytes | str) -> str:
    try:
        return body if isinstance(body, str) else body.decode().strip()
    except UnicodeDecodeError:
        return f"({len(body)} bytes, not text)"
