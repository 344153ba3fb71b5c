"""A client of Server-Sent Events, for tests: it reads them in a thread, as a browser does."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from threading import Thread

PATIENCE = 10.0  # seconds until what should come has come


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A Server-Sent Event; ``data`` as it came: ``json.loads`` reads what is JSON."""

    id: str | None
    event: str
    data: str
    retry: int | None = None


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
        wanted = {"Accept": "text/event-stream", **headers}
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
