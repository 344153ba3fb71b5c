"""WebSockets: who may connect, the echo, and a conversation."""

import socket
import threading
from functools import partial
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, abort
from simple_websocket import ConnectionClosed

import common
from common.live import events, websockets
from common.testing import wait_until
from common.testing.backend import _Server
from common.testing.streams import Connector


class Settings(events.EventSettings, websockets.WebSocketSettings):
    """Those of an application with both."""


class Talker:
    """Says what it gets to all; its beats fail."""

    def __init__(self, ws):
        self.ws, self.beats = ws, 0

    def answer(self, message):
        if message == "fail":
            raise RuntimeError("on purpose")
        events.publish("all", message)

    def pass_on(self, event):
        self.ws.send(f"{event.channel}: {event.data}")

    def beat(self):
        self.beats += 1
        raise RuntimeError("on purpose")


@pytest.fixture
def serve(tmp_path):
    """Start an application with a conversation at /talk: ``serve(guard)``."""
    ends = []

    def start(guard=None, **config):
        app = Flask("talkative")
        settings = {"TESTING": True, "INSTANCE_PATH": str(tmp_path), **config}
        common.init_app(app, settings, settings=Settings)
        events.init_app(app)
        websockets.init_app(app, guard)
        bp = Blueprint("talk", __name__)
        talkers = []

        @websockets.route("/talk", bp=bp)
        def talking(ws):
            talkers.append(Talker(ws))
            with websockets.subscribe(ws, "all", limit=50) as feed:
                websockets.converse(ws, feed, talkers[-1], greeting="welcome", every=0.02)

        @websockets.route("/broken", bp=bp)
        def broken(_ws):
            raise RuntimeError("on purpose")

        @bp.get("/plain")
        def plain():
            return "plain"

        app.register_blueprint(bp)
        server = _Server(app)
        connect = Connector(SimpleNamespace(stream=partial(connected, server)), [])
        ends.extend([server.end, connect.end])
        return SimpleNamespace(app=app, connect=connect, talkers=talkers)

    yield start
    while ends:
        ends.pop()()


def connected(server):
    ours, theirs = socket.socketpair()
    server.take(theirs)
    return ours


# who may connect


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://localhost:81",
        "https://localhost",
        "http://localhost/",
        "null",
        "",
    ],
)
def test_page_of_another_site_does_not_connect(serve, origin):
    ws = serve().connect("/talk", headers={"Origin": origin})

    assert ws.status == 403
    assert "pages of this site" in ws.text


def test_page_of_this_site_connects_however_its_name_is_written(serve):
    assert serve().connect("/talk", headers={"Origin": "http://LocalHost"}).status == 101


def test_guard_is_asked_first_and_for_websockets_alone(serve):
    def closed(_view):
        return lambda: abort(401)

    talk = serve(closed)

    assert talk.connect("/talk", headers={"Origin": "https://evil.example"}).status == 401
    assert talk.app.test_client().get("/plain").text == "plain"
    assert talk.app.test_client().get("/nowhere").status_code == 404


def test_plain_request_needs_no_origin_and_gets_no_websocket(serve):
    client = serve().app.test_client()

    assert client.get("/plain").status_code == 200
    assert client.get("/talk").status_code == 400


def test_view_that_fails_tells_the_client(serve):
    assert serve().connect("/broken").wait_closed() == 1011


@pytest.mark.parametrize("path", ["/broken", "/talk"])
def test_connection_that_has_ended_leaves_no_thread(serve, path):
    before = {*threading.enumerate()}
    talk = serve()
    clients = [talk.connect(path) for _ in range(20)]
    for ws in clients:
        ws.drop()

    wait_until(lambda: {*threading.enumerate()} <= before, timeout=websockets.PING / 5)


# the echo


def test_echo_is_for_everybody_and_of_any_size(serve):
    ws = serve(lambda _view: lambda: abort(401), WS_ECHO=True).connect(
        "/ws/echo", headers={"Origin": "null"}
    )

    for message in ("text", b"\x00\xff", "", "x" * (websockets.LARGEST + 1)):
        ws.send(message)
        assert ws.receive() == message


def test_there_is_no_echo_unless_it_is_asked_for(serve):
    assert serve().connect("/ws/echo").status == 404


# a conversation


def test_client_is_let_go_where_redis_does_not_answer(serve):
    ws = serve(REDIS_URL="unix:///nowhere.sock").connect("/talk")

    assert ws.status == 101
    assert ws.wait_closed()


def test_conversation_greets_first_and_passes_events_on(serve):
    talk = serve()
    one, other = talk.connect("/talk"), talk.connect("/talk")
    assert [one.receive(), other.receive()] == ["welcome", "welcome"]

    one.send("hello")

    assert [one.receive(), other.receive()] == ["all: hello", "all: hello"]


def test_conversation_goes_on_although_a_beat_fails(serve):
    talk = serve()
    ws = talk.connect("/talk")
    assert ws.receive() == "welcome"
    wait_until(lambda: talk.talkers[0].beats > 2)
    ws.send("still here")

    assert ws.receive() == "all: still here"


def test_client_whose_message_could_not_be_worked_on_is_let_go(serve):
    ws = serve().connect("/talk")
    ws.send("fail")

    assert ws.wait_closed()


def test_client_that_is_gone_before_the_greeting_is_no_error(serve):
    app = serve().app
    gone = SimpleNamespace(send=gone_away, input_buffer=[])
    with app.app_context(), events.subscribe("all") as feed:
        websockets.converse(gone, feed, Talker(gone), greeting="welcome")


def gone_away(_text):
    raise ConnectionClosed


def test_message_that_is_too_large_ends_the_connection(serve):
    ws = serve().connect("/talk")
    ws.send("x" * (websockets.LARGEST + 1))

    assert ws.wait_closed() == 1009


def test_client_that_does_not_read_is_cut_off_and_its_threads_end(serve):
    talk = serve()
    stuck, quick = talk.connect("/talk"), talk.connect("/talk")
    quick.receive()
    for _ in range(200):
        quick.send("x" * 5000)
        assert quick.receive() == f"all: {'x' * 5000}"

    assert stuck.wait_closed()
    stuck.drop()
    quick.close()
    wait_until(lambda: "websockets.converse" not in {it.name for it in threading.enumerate()})
