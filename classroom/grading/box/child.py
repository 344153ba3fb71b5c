"""The process of one test: it makes the application on fresh data and answers for it."""

import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from socket import send_fds, socket
from typing import Any

from sqlalchemy.orm import configure_mappers
from werkzeug.test import run_wsgi_app

from . import wire

Explain = Callable[[BaseException], str]
BACKEND = "common.testing.backend"
SHOWN = 4000  # characters of an error
WSGI = {
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


def load_backend() -> None:
    """Import the module that runs an application, without its package, which needs pytest."""
    folder = Path(str(sys.modules["common"].__file__)).parent
    spec = importlib.util.spec_from_file_location(BACKEND, folder / "testing/backend.py")
    if spec is None or spec.loader is None:
        raise ImportError(BACKEND)
    module = sys.modules[BACKEND] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def start(package: str, folder: Path, settings: Mapping[str, str], errors: list[str]) -> Any:
    """Make the application: an ``InProcess``, with a queue of its own where it has jobs."""
    make = sys.modules[BACKEND].InProcess
    return make(package, folder / "instance", dict(settings), folder / "queue", errors)


class Template:
    """An application that nobody has asked anything, with its files: a fork of it is a new one.

    There is none for a project with jobs, whose queue must be there before, and none for a test
    with settings of its own. For these the process is warm at least.
    """

    def __init__(self, package: str, folder: Path) -> None:
        self.folder = folder
        has_jobs = "common.jobs" in sys.modules
        settings = {"REDIS_URL": "unix:///nowhere"} if has_jobs else {}
        running = start(package, folder, settings, [])
        configure_mappers()
        running.release()
        self.running = None if has_jobs else running
        self.files = {}
        for path in folder.rglob("*"):
            if path.is_file():
                self.files[path] = path.read_bytes()
        shutil.rmtree(folder, ignore_errors=True)

    def start(self, errors: list[str]) -> Any:
        """Return the application, on its files."""
        for path, content in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if self.running:
            self.running.errors = errors
        return self.running


def serve(listener: socket, make: Callable[[list[str]], Any], explain: Explain) -> None:
    """Answer every connection to ``listener``, for ever, for the application that ``make`` gives.

    What it gets is a list for the application's errors.
    """
    errors: list[str] = []
    try:
        application = Application(make(errors), errors)
    except BaseException as error:  # noqa: BLE001  # whatever a stranger's code raises
        application = Application(None, errors, explain(error))
    idle = threading.Semaphore(1)
    mine = SimpleQueue[socket]()

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            if idle.acquire(blocking=False):
                mine.put(connection)
            else:
                arguments = [connection]
                threading.Thread(target=application.answer, args=arguments, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    while True:  # in the main thread, as a test client does; in others what comes meanwhile
        application.answer(mine.get(), idle.release)


class Application:
    """The application under test, asked by messages."""

    def __init__(self, running: Any, errors: list[str], failure: str = "") -> None:
        self.running = running
        self.errors = errors
        self.failure = failure

    def answer(self, connection: socket, done: Callable[[], None] = lambda: None) -> None:
        """Answer one message."""
        with connection:
            answer: dict[str, Any]
            try:
                order, sent = wire.receive(connection)
                answer, body = self._do(connection, order, sent)
            except BaseException as error:  # noqa: BLE001  # as above
                reason = f"{type(error).__name__}: {error}"
                answer = {"raised": reason[:SHOWN]}
                body = b""
            answer["errors"] = []
            for _ in self.errors[:3]:
                text = self.errors.pop(0)
                answer["errors"].append(text[-SHOWN:])
            done()
            descriptor = answer.pop("descriptor", None)
            wire.send(connection, answer, body)
            if descriptor is not None:
                send_fds(connection, [b"d"], [descriptor])
                os.close(descriptor)

    def _do(self, connection: socket, order: dict[str, Any], body: bytes) -> wire.Message:
        if self.failure:
            return {"failed": self.failure}, b""
        match order["op"]:
            case "http":
                return self._http(order["environ"], body)
            case "run":
                result = self.running.run(*order["args"])
                output = result.output.encode(errors="replace")
                return {"exit_code": result.exit_code}, output
            case "set_clock" | "advance_clock" | "work" | "restart" as name:
                getattr(self.running, name)(*order["args"])
            case "listen":
                return {"descriptor": self.running.listener().detach()}, b""
            case "stream":
                self.running.serve(connection.dup())  # in a thread, when we have answered
            case "hello":
                pass
            case unknown:
                raise ValueError(unknown)
        return {}, b""

    def _http(self, environ: dict[str, str], body: bytes) -> wire.Message:
        whole = {
            **environ,
            **WSGI,
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        parts, status, headers = run_wsgi_app(self.running.wsgi, whole)
        content = bytearray()
        try:
            for part in parts:
                content += part
                if len(content) > wire.MAX_BODY:
                    raise OverflowError("the answer does not end")
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return {"status": status, "headers": [*headers]}, bytes(content)
