"""A client of a WebSocket, for tests: it waits for what should come, and says what did not."""

import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

PATIENCE = 10.0  # seconds until what should come has come
SWITCHING = 101
NORMAL, GONE = 1000, 1006  # codes of RFC 6455; the second is of a connection without a good-bye


class WebSocket:
    """A WebSocket: ``send``, ``receive``; ``status`` is 101, or why there is none."""

    def __init__(
        self, connection: socket.socket, path: str, headers: Mapping[str, str], notes: list[str]
    ) -> None:
        import wsproto  # noqa: PLC0415  # only projects with WebSockets have it
        from wsproto import events  # noqa: PLC0415  # as above

        self._events = events
        self._notes = notes
        self._socket = connection
        self._ws = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self.received: list[Any] = []
        """Messages that have come and that nobody has taken by ``receive``."""
        self._parts: list[Any] = []
        self.status = 0
        self.text = ""
        """The body of the answer, where there is no WebSocket."""
        self.closed: int | None = None
        """The code with which it was closed; None while it is open."""
        others = [(name.encode(), it.encode()) for name, it in headers.items() if name != "Host"]
        self._write(events.Request(host=headers["Host"], target=path, extra_headers=others))
        self._read_until(lambda: self.status == SWITCHING, PATIENCE)
        notes.append(f"→ WebSocket {path}\n← {self.status} {self.text}")

    def send(self, message: Any) -> None:
        """Send text or bytes as they are, and everything else as JSON."""
        self._notes.append(f"→ {message!r:.300}")
        if isinstance(message, bytes):
            self._write(self._events.BytesMessage(message))
        else:
            text = message if isinstance(message, str) else json.dumps(message)
            self._write(self._events.TextMessage(text))

    def receive(self, timeout: float = PATIENCE) -> Any:
        """Return the next message: JSON read, other text and bytes as they are.

        AssertionError if none comes in time or the connection has been closed.
        """
        self._read_until(lambda: self.received, timeout)
        if self.received:
            return self.received.pop(0)
        why = f"it was closed with {self.closed}" if self.closed else f"{timeout} s passed"
        raise AssertionError(f"A message should have come, but {why}.")

    def wait_closed(self, timeout: float = PATIENCE) -> int:
        """Wait until the other side closes, and return its code; what came before stays."""
        self._read_until(lambda: self.closed, timeout)
        if self.closed is None:
            raise AssertionError(f"The connection should have been closed; {timeout} s passed.")
        return self.closed

    def say_goodbye(self) -> None:
        """Say that we close: ``wait_closed`` then gives the code of the answer."""
        self._write(self._events.CloseConnection(NORMAL))

    def close(self) -> None:
        """Say good-bye, and wait until the application has done with us."""
        if self.closed is None and self.status == SWITCHING:
            self.say_goodbye()
        self.drop()

    def drop(self) -> None:
        """Go without a good-bye, as a client that crashes."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        _drain(self._socket)
        self.closed = self.closed or NORMAL

    def _write(self, event: Any) -> None:
        with suppress(OSError):  # closed by the other side: reading tells
            self._socket.settimeout(PATIENCE)
            self._socket.sendall(self._ws.send(event))

    def _read_until(self, there: Callable[[], Any], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not there() and self.closed is None:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return
            except OSError:
                data = b""
            if data:
                self._ws.receive_data(data)
            else:
                self.closed = GONE
            for event in self._ws.events() if data else ():
                self._take(event)

    def _take(self, event: Any) -> None:
        events = self._events
        if isinstance(event, events.AcceptConnection):
            self.status = SWITCHING
        elif isinstance(event, events.RejectConnection):
            self.status = event.status_code
        elif isinstance(event, events.RejectData):
            self.text += event.data.decode(errors="replace")
            if event.body_finished:
                self.closed = GONE
        elif isinstance(event, events.Ping):
            self._write(event.response())
        elif isinstance(event, events.CloseConnection):
            self.closed = event.code
            self._notes.append(f"← closed with {event.code} {event.reason or ''}")
            if self._ws.state.name == "REMOTE_CLOSING":
                self._write(event.response())
        elif isinstance(event, events.Message):
            self._parts.append(event.data)
            if event.message_finished:
                whole = self._parts[0][:0].join(self._parts)
                self._parts = []
                self._notes.append(f"← {whole!r:.300}")
                self.received.append(_read(whole))


def _read(message: str | bytes | bytearray) -> Any:
    if not isinstance(message, str):
        return bytes(message)
    try:
        return json.loads(message)
    except ValueError:
        return message


def _drain(connection: socket.socket) -> None:
    """Read until the other side has closed: then it has done with us."""
    with suppress(OSError):
        connection.settimeout(PATIENCE)
        while connection.recv(65536):
            pass
    connection.close()
