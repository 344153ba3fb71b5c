"""The local stand-in for a third party: a command, and a thread beside ``flask run``."""

import os
import random
import socket
import subprocess
import sys
from contextlib import suppress
from urllib.request import urlopen

import pytest

from common.fetch import stand_in
from common.testing import wait_until

PROGRAM = """
from flask import Flask
from werkzeug.wrappers import Response

import common
from common import fetch
from common.fetch import stand_in


def create_app():
    app = Flask(__name__)
    common.init_app(app, settings=fetch.FetchSettings)
    stand_in.init_app(app, Response("from afar"), {port})
    app.add_url_rule("/allowed", view_func=lambda: app.config["ALLOW_HOSTS"])
    return app
"""


@pytest.fixture
def ports():
    """Two ports that nobody listens at, and that the system gives to nobody by itself."""
    found = []
    while len(found) < 2:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
    return found


@pytest.fixture
def flask(tmp_path, ports):
    """Run a command of an application whose stand-in is at the second port, until the test ends."""
    (tmp_path / "away.py").write_text(PROGRAM.replace("{port}", str(ports[1])))
    started = []

    def start(*arguments):
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "away", *arguments],
                cwd=tmp_path,
                env={**os.environ, "ALLOW_HOSTS": "example.com:80"},
            )
        )

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def read(port, path="/"):
    """Return what is served there, or nothing if nobody serves."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.read().decode()
    except OSError:
        return ""


def test_flask_run_serves_and_allows_it(flask, ports):
    ours, its = ports
    flask("run", "--port", str(ours))

    allowed = wait_until(lambda: read(ours, "/allowed"))

    assert allowed == f"example.com:80,127.0.0.1:{its}"
    assert read(its) == "from afar"


def test_command_serves_it_alone(flask, ports):
    flask("upstream")

    assert wait_until(lambda: read(ports[1])) == "from afar"
    assert read(ports[0]) == ""


def test_command_says_when_the_port_is_taken(make_toy):
    app = make_toy()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stand_in.init_app(app, lambda *_: [], taken.getsockname()[1])
        result = app.test_cli_runner().invoke(args=["upstream"])

    assert (result.exit_code, result.output.strip()[-9:]) == (1, "is taken.")
