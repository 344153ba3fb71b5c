"""What is no handshake of a WebSocket: bytes on a socket, under gunicorn and under `flask run`."""

import json
import socket
from email import message_from_bytes
from types import SimpleNamespace

import pytest
from flask import Flask

import common
from common.live import websockets
from common.testing.backend import _Server
from common.testing.servers import Server

WSGI = """
from flask import Flask
import common
from common.live import websockets
app = Flask("small")
common.init_app(app, {"WS_ECHO": True}, settings=websockets.WebSocketSettings)
websockets.init_app(app)
@app.get("/plain")
def plain():
    return "plain"
"""
GOOD = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # of RFC 6455, 1.3
}
PLAIN = {"Upgrade": None, "Connection": None}


@pytest.fixture(scope="module")
def under_gunicorn(tmp_path_factory):
    """Connections to gunicorn."""
    folder = tmp_path_factory.mktemp("handshake")
    (folder / "wsgi.py").write_text(WSGI, encoding="utf-8")
    server = Server(folder, folder, {}, workers=1, threads=8)
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    yield lambda: socket.create_connection(address)
    server.stop()


@pytest.fixture
def under_flask_run(tmp_path):
    """Connections to the server of ``flask run``."""
    app = Flask("small")
    config = {"INSTANCE_PATH": str(tmp_path), "TESTING": True, "WS_ECHO": True}
    common.init_app(app, config, settings=websockets.WebSocketSettings)
    websockets.init_app(app)
    app.add_url_rule("/plain", "plain", lambda: "plain")
    server = _Server(app)

    def connection():
        ours, theirs = socket.socketpair()
        server.take(theirs)
        return ours

    yield connection
    server.end()


@pytest.fixture(params=["under_gunicorn", "under_flask_run"])
def ask(request):
    """Send a request as it is: ``ask(changes)``; None takes a header away."""
    connect = request.getfixturevalue(request.param)

    def send(changes, method="GET", path="/ws/echo"):
        headers = {**GOOD, **changes}
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        with connect() as connection:
            connection.settimeout(10)
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
            return answer(connection, method)

    return send


def answer(connection, method):
    """Read the head, and the body where there is one."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        assert part, f"the connection was closed after {data!r}"
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, _, fields = head.partition(b"\r\n")
    headers = message_from_bytes(fields)
    size = 0 if method == "HEAD" else int(headers.get("Content-Length", 0))
    while len(body) < size:
        part = connection.recv(65536)
        assert part, f"the connection was closed after {body!r}"
        body += part
    return SimpleNamespace(status=int(first.split()[1]), headers=headers, body=body)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 101),
        ({"Sec-WebSocket-Version": None}, 400),
        ({"Sec-WebSocket-Version": "8"}, 426),
        ({"Sec-WebSocket-Version": "8, 13"}, 426),
        ({"Sec-WebSocket-Version": "thirteen"}, 426),
        ({"Sec-WebSocket-Key": None}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Sec-WebSocket-Key": "x"}, 400),
        ({"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ"}, 400),  # without its padding
        ({"Sec-WebSocket-Key": "dG9vIHNob3J0"}, 400),
        ({"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==, x"}, 400),
        ({"Sec-WebSocket-Key": "\xe9"}, 400),
        ({"Connection": "not-an-upgrade"}, 400),
        ({"Connection": "keep-alive, Upgrade"}, 101),
        ({"Sec-WebSocket-Protocol": "\xe9"}, 400),
        ({"Sec-WebSocket-Extensions": "\xe9"}, 400),
        ({"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits=x"}, 400),
        ({"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}, 101),
        ({"Sec-WebSocket-Extensions": "something-new"}, 101),
    ],
)
def test_handshake_is_answered_by_its_rules(ask, changes, status):
    response = ask(changes)

    assert response.status == status
    if status == 101:
        assert response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    else:
        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(response.body)["status"] == status
    if status == 426:
        assert response.headers["Sec-WebSocket-Version"] == "13"
        assert response.headers["Upgrade"] == "websocket"


def test_plain_request_is_told_to_upgrade(ask):
    response = ask(PLAIN)

    assert response.status == 426
    assert response.headers["Upgrade"] == "websocket"
    connection = ", ".join(response.headers.get_all("Connection"))
    assert "upgrade" in connection.lower()
    assert "WebSocket" in json.loads(response.body)["detail"]


@pytest.mark.parametrize("changes", [PLAIN, {}])
def test_options_tells_what_is_allowed(ask, changes):
    response = ask(changes, method="OPTIONS")

    assert response.status == 200
    assert {*response.headers["Allow"].split(", ")} == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(("changes", "status"), [(PLAIN, 426), ({}, 400)])
def test_head_opens_nothing(ask, changes, status):
    assert ask(changes, method="HEAD").status == status


def test_another_method_is_not_allowed(ask):
    response = ask(PLAIN, method="POST")

    assert response.status == 405
    assert "GET" in response.headers["Allow"]


def test_handshake_for_a_plain_url_says_that_there_is_no_websocket(ask):
    response = ask({}, path="/plain")

    assert response.status == 400
    assert json.loads(response.body)["detail"] == "There is no WebSocket at this URL."
