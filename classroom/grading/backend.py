"""An application in a box, as a story test sees it: everything that crosses is data.

What comes back was made by a stranger. It is bounded in size and time (``wire``), checked for its
form here, and only ever read.
"""

import os
import re
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeGuard

from common.testing.backend import Result

from .box import wire
from .sandbox import Limits

Order = dict[str, Any]
STATUS = re.compile(r"[1-5]\d\d( [\x20-\xff]*)?")


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
        order = {"op": "http", "environ": texts}
        sent = environ["wsgi.input"].read()
        header, body = self._ask(what, self.limits.request, order, sent)
        status = header.get("status")
        if not isinstance(status, str) or not STATUS.fullmatch(status):
            raise NoAnswer(f"The answer to {what} has no HTTP status.")
        headers = header.get("headers")
        if not _are_headers(headers):
            raise NoAnswer(f"The answer to {what} has no HTTP headers.")
        start_response(status, [(name, value) for name, value in headers])
        return [body]

    def run(self, *args: str) -> Result:
        """Run a command of the application."""
        what = f"the command {' '.join(args)}"
        header, output = self._operate(what, "run", *args)
        if type(header.get("exit_code")) is not int:
            raise NoAnswer(f"There is no exit code of {what}.")
        return Result(header["exit_code"], output.decode(errors="replace"))

    def set_clock(self, moment: str) -> None:
        """Stop the application's clock."""
        self._operate("setting the clock", "set_clock", moment)

    def advance_clock(self, seconds: float) -> None:
        """Move the application's clock."""
        self._operate("moving the clock", "advance_clock", seconds)

    def work(self) -> None:
        """Let the queue and due scheduled jobs run until idle."""
        self._operate("working off the queue", "work")

    def restart(self, settings: Mapping[str, str]) -> None:
        """Start the application anew on the same data."""
        self._operate("a restart", "restart", dict(settings))

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
                    given = _listening(descriptor)
                    if given is not None:
                        return given
                    os.close(descriptor)
        raise NoAnswer("The application's process gave no socket that listens.")

    def hello(self) -> None:
        """Wait until the application has been made."""
        self._operate("its start", "hello")

    def _operate(self, what: str, operation: str, *args: object) -> wire.Message:
        order = {"op": operation, "args": args}
        return self._ask(what, self.limits.operation, order)

    def _ask(self, what: str, seconds: float, order: Order, body: bytes = b"") -> wire.Message:
        with socket.socket(socket.AF_UNIX) as connection:
            return self._ask_by(connection, what, seconds, order, body)

    def _ask_by(
        self,
        connection: socket.socket,
        what: str,
        seconds: float,
        order: Order,
        body: bytes = b"",
    ) -> wire.Message:
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
        self._note(header.get("errors"))
        if "failed" in header:
            raise NoAnswer(_short(f"create_app gave no application. {header['failed']}"))
        if "raised" in header:
            raise NoAnswer(_short(f"In {what} came {header['raised']}"))
        return header, answer

    def _note(self, errors: object) -> None:
        """Note what the application has raised meanwhile."""
        if isinstance(errors, list):
            for error in errors:
                self.exchanges.append(f"The application raised:\n{_short(str(error))}")


def _listening(descriptor: int) -> socket.socket | None:
    """Return the socket behind a stranger's descriptor, if it is one that listens for TCP."""
    with suppress(OSError):  # it is no socket
        given = socket.socket(fileno=descriptor)
        is_tcp = given.family == socket.AF_INET and given.type == socket.SOCK_STREAM
        if is_tcp and given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return given
        given.detach()
    return None


def _are_headers(headers: object) -> TypeGuard[list[list[str]]]:
    return isinstance(headers, list) and all(_is_header(pair) for pair in headers)


def _is_header(pair: object) -> bool:
    match pair:
        case [str(name), str(value)]:
            return not re.search(r"[\r\n\0]", name + value)
    return False


def _short(text: str) -> str:
    return text[: wire.MAX_TEXT]
