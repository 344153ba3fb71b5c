"""The corpus of attacks against the real sandbox, and what the sandbox promises."""

import json
import os
import secrets
import socket
import subprocess
import sys
import textwrap
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest

from classroom.grading.backend import Hang, NoAnswer
from classroom.grading.boxes import Submission
from classroom.grading.sandbox import Box, Limits, SandboxError, check, leaks
from classroom.ideas import ROOT
from common.testing import wait_until
from common.testing.backend import RecordingClient

ATTACKS = Path(__file__).parent / "attacks"
VIEWS = tomllib.loads((ATTACKS / "views.toml").read_text("utf-8"))
IMPORTS = tomllib.loads((ATTACKS / "imports.toml").read_text("utf-8"))
SMALL = Limits(request=30, operation=6, memory=256, disk=32, file=16)

HEAD = "import json, os, signal, socket, sys, threading, time\n"
HONEST = """
from flask import Flask, Response, redirect, request

def create_app(config=None):
    app = Flask(__name__)
    seen = []

    @app.get("/hello")
    def hello():
        seen.append(1)
        return {"hello": "world", "seen": len(seen)}

    @app.get("/check")
    def check():
        def wait(condition):
            while not condition():
                time.sleep(0.01)
            return True
        return str(CHECK)
"""


@pytest.fixture(scope="module", autouse=True)
def tight():
    """Without a sandbox, nothing here can be said: that is no reason to be silent."""
    try:
        check()
    except SandboxError as error:
        pytest.fail(f"The attacks were not tried.\n{error}", pytrace=False)


def make(folder, package="hostile", **attack):
    """Write a package that does something at import and is an honest application besides."""
    head, tail = attack.get("code", "").strip("\n"), textwrap.dedent(attack.get("tail", ""))
    honest = HONEST.replace("CHECK", attack.get("check", "True"))
    text = f"{HEAD}{head}\n{honest}    return app\n{tail}\n"
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text(text, attack.get("encoding", "utf-8"))
    for path, content in attack.get("files", {}).items():
        (folder / path).write_text(content)
    return folder


def boxed(folder, limits, hidden=()):
    """A submission that can be asked."""
    return Submission(lambda: Box(folder, "hostile", limits, hidden), limits)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """One application with a route for each attack, in one box as long as that lives."""
    routes = "".join(
        f"    @app.get('/{name}')\n    def view_{number}():\n"
        + textwrap.indent(attack["code"].strip("\n"), " " * 8)
        + "\n\n"
        for number, (name, attack) in enumerate(VIEWS.items())
    )
    folder = tmp_path_factory.mktemp("hostile") / "staged"
    (folder / "hostile").mkdir(parents=True)
    text = HEAD + HONEST.replace("CHECK", "True") + routes + "    return app\n"
    (folder / "hostile/__init__.py").write_text(text, "utf-8")
    submission = boxed(folder, SMALL)
    assert submission.start() == ""
    yield submission
    submission.close()


def application(submission, seconds=30):
    return submission.application({}, [], time.monotonic() + seconds)


def hello(submission):
    """Ask a fresh application something honest."""
    with application(submission) as running:
        return RecordingClient(running, []).get("/hello").json


@pytest.fixture(scope="module")
def outside():
    """Servers outside of the box, and how ``calls-home`` is told of them."""
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    abstract = f"\0flask45-{secrets.token_hex(8)}"
    unix.bind(abstract)
    unix.listen()
    places = [
        ("SOCK_STREAM", tcp.getsockname()),
        ("SOCK_DGRAM", udp.getsockname()),
        ("SOCK_STREAM", abstract),
        ("SOCK_STREAM", ("1.1.1.1", 53)),
    ]
    yield {"places": json.dumps(places)}
    for server in (tcp, udp, unix):
        server.settimeout(0)
        with server, pytest.raises(BlockingIOError):
            server.recv(1) if server is udp else server.accept()


@pytest.mark.parametrize("name", VIEWS)
def test_view_does_no_harm(hostile, outside, name):
    attack = VIEWS[name]
    with application(hostile, seconds=2 if "hang" in str(attack["ends"]) else 30) as running:
        try:
            answer = RecordingClient(running, []).get(f"/{name}", query_string=outside)
            found = answer.status_code
        except (Hang, NoAnswer) as error:
            found = "hang" if isinstance(error, Hang) else "no answer"
    ends = attack["ends"]
    assert found in (ends if isinstance(ends, list) else [ends])
    assert "body" not in attack or answer.text == attack["body"]
    assert hello(hostile) == {"hello": "world", "seen": 1}, "the next test must not suffer"


def test_nothing_is_left_between_two_tests(hostile):
    with application(hostile) as running:
        RecordingClient(running, []).get("/leaves-a-daemon")
    with application(hostile) as running:
        assert RecordingClient(running, []).get("/looks-at-processes").text == "[]"


def test_connection_stays_until_the_end_of_the_test(hostile):
    with application(hostile) as running, running.stream() as connection:
        connection.sendall(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        open_still = running.stream()
    with open_still:
        assert open_still.recv(1) == b""


def test_stand_in_outside_is_reached_by_its_own_socket_and_no_other(hostile, outside):
    with application(hostile) as running, running.listener() as listener:
        listener.settimeout(10)
        places = json.dumps([("SOCK_STREAM", listener.getsockname())])
        RecordingClient(running, []).get("/calls-home", query_string={"places": places})
        accepted, _ = listener.accept()
        accepted.close()
        RecordingClient(running, []).get("/calls-home", query_string=outside)


@pytest.mark.parametrize("name", ["gives-a-file", "gives-another-socket", "gives-nothing"])
def test_what_is_no_listening_socket_is_refused(hostile, name):
    with application(hostile, seconds=10) as running:
        RecordingClient(running, []).get(f"/{name}")
        with pytest.raises(NoAnswer, match="no socket that listens"):
            running.listener()


@pytest.mark.parametrize("name", IMPORTS)
def test_import_gets_what_it_deserves(tmp_path, name):
    attack = dict(IMPORTS[name])
    reason = attack.pop("reason", "")
    limits = Limits(imports=1) if "within 1 s" in reason else Limits()
    submission = boxed(make(tmp_path / "staged", **attack), limits)
    try:
        found = submission.start()
        assert reason in found
        assert reason or not found
        if not reason:
            for _ in range(2):
                assert hello(submission) == {"hello": "world", "seen": 1}
                with application(submission) as running:
                    assert RecordingClient(running, []).get("/check").text == "True"
    finally:
        submission.close()


def test_folder_inside_of_what_is_shown_can_be_hidden(tmp_path):
    folder = Path(pytest.__file__).parent
    code = f"import glob\nfound = glob.glob('{folder}/*')"
    staged = make(tmp_path / "staged", code=code, check="found")
    for hidden, shown in (([], True), ([folder], False)):
        submission = boxed(staged, Limits(), hidden)
        assert submission.start() == ""
        with application(submission) as running:
            assert (RecordingClient(running, []).get("/check").text != "[]") is shown
        submission.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("root", True),
        ("network", ["lo", "eth0"]),
        ("capabilities", 1),
        ("files", True),
        ("alone", False),
        ("filtered", False),
    ],
)
def test_box_that_is_not_tight_is_not_used(name, value):
    tight = {
        "root": False,
        "network": ["lo"],
        "capabilities": 0,
        "files": False,
        "alone": True,
        "filtered": True,
    }
    assert [*leaks(tight)] == []
    assert [*leaks(tight | {name: value})] == [f"{name} is {value!r}"]
    assert [*leaks("nonsense")]


def test_machine_without_bubblewrap_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        check()


def test_bubblewrap_that_fails_is_quoted(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxError, match="No permissions to create new namespace"):
        check()


def test_everything_dies_with_the_grader(tmp_path):
    name = f"orphan_{secrets.token_hex(8)}"
    staged = make(tmp_path / "staged", package=name)
    script = f"""
import os, sys
from pathlib import Path
sys.path.append({str(ROOT)!r})
from classroom.grading.boxes import Submission
from classroom.grading.sandbox import Box, Limits
submission = Submission(lambda: Box(Path({str(staged)!r}), {name!r}, Limits()), Limits())
print(submission.start() or "started", flush=True)
os.kill(os.getpid(), 9)
"""

    def running():
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has just ended
                if name.encode() in file.read_bytes():
                    return True
        return False

    with subprocess.Popen([sys.executable, "-I"], stdin=-1, stdout=-1, text=True) as grader:
        assert grader.communicate(script)[0] == "started\n"
    wait_until(lambda: not running(), what="the end of the box")
