"""What stays open, WebSockets and Server-Sent Events: the fixture ``connect``."""

from collections.abc import Iterator, Mapping

import pytest
from werkzeug.test import Client, EnvironBuilder

from common.testing.backend import Backend, RecordingClient
from common.testing.event_stream import EventStream
from common.testing.websocket import WebSocket

HOST = "localhost"


class Connector:
    """The fixture ``connect``."""

    def __init__(self, backend: Backend, notes: list[str]) -> None:
        self._backend = backend
        self._notes = notes
        self._open: list[WebSocket | EventStream] = []

    def __call__(
        self, path: str, client: Client | None = None, headers: Mapping[str, str] | None = None
    ) -> WebSocket:
        """Open a WebSocket as ``client`` is logged in, from a page of the application itself."""
        sent = {"Origin": f"http://{HOST}", **_head(client, path), **(headers or {})}
        made = WebSocket(self._backend.stream(), path, sent, self._notes)
        self._open.append(made)
        return made

    def events(
        self, path: str, client: Client | None = None, headers: Mapping[str, str] | None = None
    ) -> EventStream:
        """Open a stream of Server-Sent Events."""
        sent = {**_head(client, path), **(headers or {})}
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


def _head(client: Client | None, path: str) -> dict[str, str]:
    """Return the headers that say whom we ask and who ``client`` is."""
    if client is None:
        return {"Host": HOST}
    environ = EnvironBuilder(path=path).get_environ()
    client._add_cookies_to_wsgi(environ)  # Werkzeug has no other way to ask
    cookies = {"Cookie": environ["HTTP_COOKIE"]} if environ.get("HTTP_COOKIE") else {}
    token = getattr(client, "token", "")
    return {"Host": HOST} | cookies | ({"Authorization": f"Bearer {token}"} if token else {})
