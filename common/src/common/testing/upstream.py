"""The fixture ``upstream``: a real HTTP server in the place of a third party, told what to say."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.datastructures import Headers

from common.testing.backend import Backend
from common.testing.stand_in import StandIn

SECONDS = 10  # for what should come at once

Body = str | bytes | Mapping[str, Any] | list[Any] | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has come."""

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: text, bytes, something for JSON, or bytes piece by piece."""

    body: Body | Callable[[Asked], "Body | Reply"] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Upstream(StandIn):
    """A server that answers 404 until it is told better: ``upstream.answer("/x", {"a": 1})``."""

    def __init__(self, listener: socket) -> None:
        super().__init__(listener)
        self.requests: list[Asked] = []
        """What has come, the first one first, whether it is answered already or not."""
        self._replies: dict[str, Reply] = {}
        self._came = threading.Condition()
        self._ended = threading.Event()
        self._server = _Server(listener, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True)
        self._thread.start()

    def url(self, path: str = "/") -> str:
        """Return the URL of a path here."""
        return f"http://{self.address}{path}"

    def answer(
        self,
        path: str,
        body: Body | Callable[[Asked], Body | Reply] = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say what to answer at a path from now on, whatever the method and query are.

        ``body`` is text (HTML), bytes, a dict or list (JSON), or an iterable of bytes, which is
        sent piece by piece until the other side has enough; or a function of the request
        (``Asked``) that returns one of these or ``upstream.reply(…)``.
        """
        self._replies[path] = Reply(body, status, headers or {})

    reply = Reply

    def stall(self, *pieces: bytes) -> Iterator[bytes]:
        """Return a body that sends these pieces, and then nothing more until the test ends."""
        yield from pieces
        self._ended.wait()

    def wait(self, number: int) -> None:
        """Return when so many requests have come."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.requests) >= number, SECONDS):
                raise AssertionError(f"{len(self.requests)} requests have come, not {number}")

    def end(self) -> None:
        """Stop serving."""
        self._ended.set()
        self._gate.set()
        self._server.end()
        self._thread.join()

    def take(self, asked: Asked) -> Reply:
        """Note a request and return what to answer, when it may be."""
        with self._came:
            self.requests.append(asked)
            self._came.notify_all()
        self._gate.wait()
        reply = self._replies.get(asked.path, Reply("Nothing here.", 404))
        if not callable(reply.body):
            return reply
        body = reply.body(asked)
        return body if isinstance(body, Reply) else Reply(body, reply.status, reply.headers)


class _Server(ThreadingHTTPServer):
    """Serves on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listener: socket, upstream: Upstream) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.upstream = upstream
        self.open: set[Any] = set()
        self.changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self.changed:
            self.open.discard(request)
            self.changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of those who left while they were answered."""

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        with self.changed:
            for connection in self.open:
                with suppress(OSError):  # it has just ended by itself
                    connection.shutdown(SHUT_RDWR)
            self.changed.wait_for(lambda: not self.open, SECONDS)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = Headers(self.headers.items())
        asked = Asked(self.command, parts.path, query, headers, body)
        reply = self.server.upstream.take(asked)
        kind, pieces = _pieces(reply.body)
        head = Headers(reply.headers)
        head.setdefault("Content-Type", kind)
        if isinstance(pieces, bytes):
            head.setdefault("Content-Length", len(pieces))
            pieces = [pieces]
        head["Connection"] = "close"
        self.send_response(reply.status)
        for name, value in head:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            for piece in pieces:
                self.wfile.write(piece)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # as asked

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def _pieces(body: Any) -> tuple[str, bytes | Iterable[bytes]]:
    """Return the media type and the bytes of a body."""
    if isinstance(body, str):
        return "text/html; charset=utf-8", body.encode()
    if isinstance(body, (Mapping, list)):
        return "application/json", json.dumps(body).encode()
    return "application/octet-stream", body


@pytest.fixture
def upstream(backend: Backend, provide: Callable[[str, str], None]) -> Iterator[Upstream]:
    """A third party: ``@pytest.mark.settings(ALLOW_HOSTS="{upstream}")`` leads there."""
    server = Upstream(backend.listener())
    provide("upstream", server.address)
    yield server
    server.end()
