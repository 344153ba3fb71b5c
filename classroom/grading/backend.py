"""An application in a box, as a story test sees it: everything that crosses is data.

What comes back was made by a stranger. It is bounded in size and time (``wire``), checked for its
form here, and only ever read.
"""

import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from common.testing.backend import Result

from .box import wire
from .sandbox import Limits, Line, SandboxError

STATUS = re.compile(r"[1-5]\d\d( [\x20-\xff]*)?")
BACKLOG = 512
MAKE, END = b"m", b"e"  # what is asked of those who make boxes


class NoAnswer(Exception):
    """The application did not answer, or not in the form that it must: the submission's fault."""


class Hang(Exception):
    """Something did not end in its time."""


@dataclass
class BoxedBackend:
    """A ``common.testing.Backend`` that asks at a socket."""

    address: str
    limits: Limits
    deadline: float
    """When the test must have ended, by the monotonic clock."""
    exchanges: list[str]

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Forward one request."""
        what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'][:200]}"
        texts = {name: value for name, value in environ.items() if isinstance(value, str)}
        sent = environ["wsgi.input"].read()
        header, body = self._ask(what, self.limits.request, "http", sent, environ=texts)
        status, headers = header.get("status"), header.get("headers")
        if not isinstance(status, str) or not STATUS.fullmatch(status):
            raise NoAnswer(f"The answer to {what} has no HTTP status.")
        if not isinstance(headers, list) or not all(map(_is_header, headers)):
            raise NoAnswer(f"The answer to {what} has no HTTP headers.")
        start_response(status, [(name, value) for name, value in headers])
        return [body]

    def run(self, *args: str) -> Result:
        """Run a command of the application."""
        what = f"the command {' '.join(args)}"
        header, output = self._ask(what, self.limits.operation, "run", args=args)
        if type(header.get("exit_code")) is not int:
            raise NoAnswer(f"There is no exit code of {what}.")
        return Result(header["exit_code"], output.decode(errors="replace"))

    def set_clock(self, moment: str) -> None:
        """Stop the application's clock."""
        self._ask("setting the clock", self.limits.operation, "set_clock", args=[moment])

    def advance_clock(self, seconds: float) -> None:
        """Move the application's clock."""
        self._ask("moving the clock", self.limits.operation, "advance_clock", args=[seconds])

    def work(self) -> None:
        """Let the queue and due scheduled jobs run until idle."""
        self._ask("working off the queue", self.limits.operation, "work", args=[])

    def restart(self, settings: Mapping[str, str]) -> None:
        """Start the application anew on the same data."""
        self._ask("a restart", self.limits.operation, "restart", args=[dict(settings)])

    def stream(self) -> socket.socket:
        """Return a connection to a server of the application."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            self._ask_by(connection, "a connection", self.limits.operation, {"op": "stream"})
        except BaseException:
            connection.close()
            raise
        return connection

    def listener(self) -> socket.socket:
        """Return a socket of the box's own network that listens: whoever has it may accept."""
        with socket.socket(socket.AF_UNIX) as connection:
            self._ask_by(connection, "listening", self.limits.operation, {"op": "listen"})
            with suppress(OSError):  # it took too long, too
                _, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
                for descriptor in descriptors:
                    if given := _listening(descriptor):
                        return given
                    os.close(descriptor)
        raise NoAnswer("The application's process gave no socket that listens.")

    def hello(self) -> None:
        """Wait until the application has been made."""
        self._ask("its start", self.limits.operation, "hello")

    def _ask(
        self, what: str, seconds: float, operation: str, body: bytes = b"", **more: object
    ) -> tuple[dict[str, Any], bytes]:
        with socket.socket(socket.AF_UNIX) as connection:
            return self._ask_by(connection, what, seconds, {"op": operation, **more}, body)

    def _ask_by(
        self,
        connection: socket.socket,
        what: str,
        seconds: float,
        order: dict[str, Any],
        body: bytes = b"",
    ) -> tuple[dict[str, Any], bytes]:
        deadline = min(time.monotonic() + seconds, self.deadline)
        try:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            connection.connect(self.address)
            wire.send(connection, order, body)
            header, answer = wire.receive(connection, deadline)
        except TimeoutError:
            raise Hang(f"There was no answer to {what} within {seconds:g} s.") from None
        except (EOFError, OSError):
            raise NoAnswer(f"The application ended without an answer to {what}.") from None
        except wire.WireError:
            raise NoAnswer(f"The answer to {what} is out of bounds.") from None
        errors = header.get("errors")
        for error in errors if isinstance(errors, list) else []:
            self.exchanges.append(f"The application raised:\n{str(error)[: wire.MAX_TEXT]}")
        if "failed" in header:
            raise NoAnswer(f"create_app gave no application. {header['failed']}"[: wire.MAX_TEXT])
        if "raised" in header:
            raise NoAnswer(f"In {what} came {header['raised']}"[: wire.MAX_TEXT])
        return header, answer


class BoxOfOthers(Line):
    """A box that whoever has started this process makes and ends for it, as ``run`` does."""

    def __init__(self, makers: socket.socket, limits: Limits) -> None:
        """Ask for a box. Raises SandboxError."""
        makers.sendall(MAKE)
        said, descriptors, _, _ = socket.recv_fds(makers, wire.CHUNK, 1)
        if not descriptors:
            raise SandboxError(said.decode(errors="replace") or "Nobody makes boxes any more.")
        super().__init__(socket.socket(fileno=descriptors[0]), limits)
        self._makers = makers

    def close(self) -> None:
        """Have the box killed, and wait for it."""
        super().close()
        self._makers.sendall(END)
        self._makers.recv(1)


class Submission:
    """A submission that can be asked: in a box, and in another one should that die."""

    def __init__(self, new_box: Callable[[], Line], limits: Limits) -> None:
        self._new_box = new_box
        self._box: Line | None = None
        self._limits = limits
        self._sockets = tempfile.TemporaryDirectory(prefix="grade-")
        self._numbers = count()

    def start(self) -> str:
        """Import the submission and make its application once; return why that fails, or nothing.

        Raises SandboxError where there is no box.
        """
        try:
            with self.application({}, [], time.monotonic() + self._limits.operation):
                return ""
        except (Hang, NoAnswer) as error:
            return str(error)

    @contextmanager
    def application(
        self, settings: Mapping[str, str], exchanges: list[str], deadline: float
    ) -> Iterator[BoxedBackend]:
        """Give an application on fresh data, and see that nothing is left of it."""
        self._box = box = self._box or self._enter()
        address = f"{self._sockets.name}/{next(self._numbers)}"
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(address)
                listener.listen(BACKLOG)
                box.begin(listener, settings)  # if that fails, nobody will answer
            application = BoxedBackend(address, self._limits, deadline, exchanges)
            application.hello()
            yield application
        finally:
            Path(address).unlink()
            if not box.end():
                self.close_box()

    def _enter(self) -> Line:
        box = self._new_box()
        try:
            if reason := box.ready():
                raise NoAnswer(reason)
        except BaseException:
            box.close()
            raise
        return box

    def close_box(self) -> None:
        """Kill the box."""
        if self._box:
            self._box.close()
        self._box = None

    def close(self) -> None:
        """Kill the box and leave nothing behind."""
        self.close_box()
        self._sockets.cleanup()


def _listening(descriptor: int) -> socket.socket | None:
    """Return the socket behind a stranger's descriptor, if it is one that listens for TCP."""
    with suppress(OSError):  # it is no socket
        given = socket.socket(fileno=descriptor)
        tcp = (given.family, given.type) == (socket.AF_INET, socket.SOCK_STREAM)
        if tcp and given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return given
        given.detach()
    return None


def _is_header(pair: object) -> bool:
    match pair:
        case [str(name), str(value)]:
            return not re.search(r"[\r\n\0]", name + value)
    return False
