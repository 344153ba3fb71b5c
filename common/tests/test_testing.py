"""The fixtures' own promises, on a small package: connections, and settings that wait."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from common.testing import Project
from common.testing.backend import InProcess

PACKAGE = """
import itertools

from flask import Flask, Response, request


def create_app(config=None):
    app = Flask(__name__)
    app.config.update(config or {})

    @app.post("/echo")
    def echo():
        return request.get_data()

    @app.get("/name")
    def name():
        return app.config.get("NAME", "nobody")

    @app.get("/ticks")
    def ticks():
        return Response(f"data: {number}\\\\n\\\\n" for number in itertools.count())

    return app
"""


@pytest.fixture
def project(tmp_path) -> Iterator[Project]:
    (tmp_path / "spoken_to").mkdir()
    (tmp_path / "spoken_to" / "__init__.py").write_text(PACKAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        yield Project(tmp_path, "spoken_to", {})
    sys.modules.pop("spoken_to", None)


def ask(connection: socket.socket, text: str) -> bytes:
    connection.settimeout(10)
    connection.sendall(text.encode())
    return connection.recv(65536)


def test_stream_is_a_connection_to_a_server(backend):
    with backend.stream() as connection:
        head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"
        answer = ask(connection, head + "hello")
        while more := connection.recv(65536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"hello")


def test_stream_without_end_ends_with_the_application(backend: InProcess):
    with backend.stream() as connection:
        ask(connection, "GET /ticks HTTP/1.1\r\nHost: localhost\r\n\r\n")
        backend.release()
        while connection.recv(1 << 20):
            pass


def test_listener_listens_on_loopback(backend):
    with backend.listener() as listener, socket.create_connection(listener.getsockname()) as ours:
        theirs, (host, _) = listener.accept()
        with theirs:
            theirs.sendall(b"hello")
            assert (host, ask(ours, "")) == ("127.0.0.1", b"hello")


@pytest.mark.settings(NAME="http://{upstream}/x")
def test_setting_waits_for_the_address_of_what_it_names(client, provide):
    assert client.get("/name").text == "nobody"
    provide("upstream", "127.0.0.1:5080")
    assert client.get("/name").text == "http://127.0.0.1:5080/x"


STORIES = """
import pytest


@pytest.mark.story("one")
def test_one():
    pass


@pytest.mark.story("two", promise=True)
def test_two():
    pass


def test_none():
    pass
"""


@pytest.mark.parametrize(
    ("option", "counts"),
    [
        ([], "3 passed"),
        (["--story", "two"], "1 passed, 2 deselected"),
        (["--story=x"], "3 deselected"),
    ],
)
def test_tests_of_one_story_are_run_alone(tmp_path, option, counts):
    file = tmp_path / "test_stories.py"
    file.write_text(STORIES)
    command = [sys.executable, "-m", "pytest", "-p", "common.testing", "--color=no", *option, file]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert counts in done.stdout, done.stdout
