"""Clients of what stays open, WebSockets and Server-Sent Events: the fixture ``connect``."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

import pytest
from werkzeug.test import Client, EnvironBuilder

from common.testing.backend import Backend, RecordingClient

HOST = "localhost"
PATIENCE = 10.0  # seconds until what should come has come
SWITCHING = 101
NORMAL, GONE = 1000, 1006  # codes of RFC 6455; the second is of a connection without a good-bye


class Stream(Protocol):
    """What both kinds have."""

    status: int

    def close(self) -> None:
        """End the connection."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A Server-Sent Event; ``data`` as it came: ``json.loads`` reads what is JSON."""

    id: str | None
    event: str
    data: str
    retry: int | None = None


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
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._write(events.Request(host=HOST, target=path, extra_headers=extra))
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

    def close(self) -> None:
        """Say good-bye, and wait until the application has done with us."""
        if self.closed is None and self.status == SWITCHING:
            self._write(self._events.CloseConnection(NORMAL))
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


class EventStream:
    """Server-Sent Events as they come: ``receive``, or a ``for`` loop until the other side ends."""

    def __init__(
        self, connection: socket.socket, path: str, headers: Mapping[str, str], notes: list[str]
    ) -> None:
        self._socket = connection
        self._notes = notes
        self._queue: SimpleQueue[StreamEvent | None] = SimpleQueue()
        self.comments: list[str] = []
        """The comment lines so far, heartbeats mostly."""
        self.text = ""
        """The body of an answer that is no event stream."""
        wanted = {"Host": HOST, "Accept": "text/event-stream", **headers}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {it}" for name, it in wanted.items()), "", ""]
        connection.settimeout(PATIENCE)
        connection.sendall("\r\n".join(lines).encode())
        self._response = HTTPResponse(connection, method="GET")
        self._response.begin()
        connection.settimeout(None)
        self.status = self._response.status
        self.headers = self._response.headers
        notes.append(f"→ GET {path} (event stream)\n← {self.status}")
        self._thread = Thread(target=self._read, daemon=True)
        if self.headers.get_content_type() == "text/event-stream":
            self._thread.start()
        else:
            self.text = self._response.read().decode(errors="replace")
            self._queue.put(None)

    def receive(self, timeout: float = PATIENCE) -> StreamEvent:
        """Return the next event; AssertionError if none comes in time or the stream has ended."""
        try:
            event = self._queue.get(timeout=timeout)
        except Empty:
            raise AssertionError(f"An event should have come; {timeout} s passed.") from None
        if event is None:
            self._queue.put(None)
            raise AssertionError("An event should have come, but the stream has ended.")
        return event

    def __iter__(self) -> Iterator[StreamEvent]:
        """Yield events until the other side ends the stream."""
        while (event := self._queue.get()) is not None:
            yield event
        self._queue.put(None)

    def close(self) -> None:
        """Go away, as a browser does."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        self._response.close()
        self._socket.close()

    def _read(self) -> None:
        fields: dict[str, list[str]] = {}
        with suppress(OSError, ValueError, HTTPException):
            while line := self._response.readline().decode():
                line = line.rstrip("\r\n")
                if not line:
                    self._finish(fields)
                    fields = {}
                elif line.startswith(":"):
                    self.comments.append(line[1:].strip())
                else:
                    name, _, value = line.partition(":")
                    fields.setdefault(name, []).append(value.removeprefix(" "))
        self._queue.put(None)

    def _finish(self, fields: dict[str, list[str]]) -> None:
        if not {"data", "retry"} & fields.keys():
            return
        given = {name: values[-1] for name, values in fields.items()}
        retry = int(given["retry"]) if "retry" in given else None
        data = "\n".join(fields.get("data", []))
        event = StreamEvent(given.get("id"), given.get("event", "message"), data, retry)
        self._notes.append(f"← {event}")
        self._queue.put(event)


class Connector:
    """The fixture ``connect``."""

    def __init__(self, backend: Backend, notes: list[str]) -> None:
        self._backend = backend
        self._notes = notes
        self._open: list[Stream] = []

    def __call__(
        self, path: str, client: Client | None = None, headers: Mapping[str, str] | None = None
    ) -> WebSocket:
        """Open a WebSocket as ``client`` is logged in, from a page of the application itself."""
        sent = {"Origin": f"http://{HOST}", **_credentials(client, path), **(headers or {})}
        made = WebSocket(self._backend.stream(), path, sent, self._notes)
        self._open.append(made)
        return made

    def events(
        self, path: str, client: Client | None = None, headers: Mapping[str, str] | None = None
    ) -> EventStream:
        """Open a stream of Server-Sent Events."""
        sent = {**_credentials(client, path), **(headers or {})}
        made = EventStream(self._backend.stream(), path, sent, self._notes)
        self._open.append(made)
        return made

    def end(self) -> None:
        """Close all that was opened, the last first."""
        while self._open:
            self._open.pop().close()


@pytest.fixture
def connect(backend: Backend, client: RecordingClient) -> Iterator[Connector]:
    """Connect for long: ``connect("/ws", client=as_user("ana"))``, ``connect.events("/stream")``.

    All have ended when the test is over, and the application has noticed the end of each WebSocket;
    that of an event stream it notices when it next writes.
    """
    connector = Connector(backend, client.exchanges)
    yield connector
    connector.end()


def _credentials(client: Client | None, path: str) -> dict[str, str]:
    """Return the headers by which the application knows who ``client`` is."""
    if client is None:
        return {}
    environ = EnvironBuilder(path=path).get_environ()
    client._add_cookies_to_wsgi(environ)  # Werkzeug has no other way to ask
    cookies = {"Cookie": environ["HTTP_COOKIE"]} if environ.get("HTTP_COOKIE") else {}
    token = getattr(client, "token", "")
    return cookies | ({"Authorization": f"Bearer {token}"} if token else {})


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
