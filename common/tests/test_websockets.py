"""WebSockets: who may connect, the echo, and a conversation."""

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, abort
from simple_websocket import ConnectionClosed

import common
from common.live import events, websockets, wire
from common.testing import wait_until
from common.testing.backend import _Server
from common.testing.servers import Server
from common.testing.streams import Connector
from common.testing.websocket import WebSocket


class Settings(events.EventSettings, websockets.WebSocketSettings):
    """Those of an application with both."""


class Talker:
    """Says what it gets to all; its beats fail."""

    def __init__(self, ws):
        self.ws = ws
        self.beats = 0
        self.gate = threading.Event()
        self.gate.set()

    def answer(self, message):
        if message == "fail":
            raise RuntimeError("on purpose")
        events.publish("all", message)

    def pass_on(self, event):
        self.gate.wait(20)
        self.ws.send(f"{event.channel}: {event.data}")

    def beat(self):
        self.beats += 1
        raise RuntimeError("on purpose")


def make_app(config, guard=None):
    """Return an application with a conversation at /talk, and a list of its talkers."""
    app = Flask("talkative")
    common.init_app(app, config, settings=Settings)
    events.init_app(app)
    websockets.init_app(app, guard)
    bp = Blueprint("talk", __name__)
    talkers = []
    app.extensions["limit"] = events.LIMIT
    app.extensions["every"] = websockets.BEAT

    @websockets.route("/talk", bp=bp)
    def talking(ws):
        with events.subscribe("all", limit=app.extensions["limit"]) as feed:
            talkers.append(Talker(ws))
            every = app.extensions["every"]
            websockets.converse(ws, feed, talkers[-1], greeting="welcome", every=every)

    @websockets.route("/broken", bp=bp)
    def broken(_ws):
        raise RuntimeError("on purpose")

    @bp.get("/plain")
    def plain():
        return "plain"

    app.register_blueprint(bp)
    return app, talkers


@pytest.fixture
def serve(tmp_path):
    """Start it in this process: ``serve(guard)``."""
    ends = []

    def start(guard=None, **config):
        settings = {"TESTING": True, "INSTANCE_PATH": str(tmp_path), **config}
        app, talkers = make_app(settings, guard)
        server = _Server(app)
        connect = Connector(SimpleNamespace(stream=partial(connected, server)), [])
        ends.extend([server.end, connect.end])
        return SimpleNamespace(app=app, connect=connect, talkers=talkers, server=server)

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
    assert client.get("/talk").status_code == 426


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


def test_client_is_told_to_come_back_where_redis_does_not_answer(serve):
    ws = serve(REDIS_URL="unix:///nowhere.sock").connect("/talk")

    assert ws.status == 101
    assert ws.wait_closed() == 1013


def test_conversation_greets_first_and_passes_events_on(serve):
    talk = serve()
    one, other = talk.connect("/talk"), talk.connect("/talk")
    assert [one.receive(), other.receive()] == ["welcome", "welcome"]

    one.send("hello")

    assert [one.receive(), other.receive()] == ["all: hello", "all: hello"]


def test_conversation_goes_on_although_a_beat_fails(serve):
    talk = serve()
    talk.app.extensions["every"] = 0.02
    ws = talk.connect("/talk")
    assert ws.receive() == "welcome"
    wait_until(lambda: talk.talkers[0].beats > 2)
    ws.send("still here")

    assert ws.receive() == "all: still here"


def test_client_whose_message_could_not_be_worked_on_is_let_go(serve):
    ws = serve().connect("/talk")
    ws.send("fail")

    assert ws.wait_closed() == 1011


def test_messages_before_the_good_bye_of_a_client_are_answered(serve):
    talk = serve()
    hasty, other = talk.connect("/talk"), talk.connect("/talk")
    assert other.receive() == "welcome"
    for number in range(50):
        hasty.send(f"{number}")
    hasty.close()

    assert [other.receive() for _ in range(50)] == [f"all: {number}" for number in range(50)]


def test_client_that_is_gone_before_the_greeting_is_no_error(serve):
    app = serve().app
    gone = SimpleNamespace(send=gone_away)
    with app.app_context(), events.subscribe("all") as feed, pytest.raises(ConnectionClosed):
        websockets.converse(gone, feed, Talker(gone), greeting="welcome")


def gone_away(_text):
    raise ConnectionClosed


def test_message_that_is_too_large_ends_the_connection(serve):
    ws = serve().connect("/talk")
    ws.send("x" * (websockets.LARGEST + 1))

    assert ws.wait_closed() == 1009


# who is slow


def test_client_that_does_not_read_is_let_go_and_holds_up_nobody(serve, monkeypatch):
    monkeypatch.setattr(wire, "STUCK", 0.3)
    talk = serve()
    stuck, quick = talk.connect("/talk"), talk.connect("/talk")
    quick.receive()
    longest = 0.0
    began = time.monotonic()
    for number in range(400):
        before = time.monotonic()
        quick.send(f"{number} {'x' * 5000}")
        assert quick.receive().startswith(f"all: {number} ")
        longest = max(longest, time.monotonic() - before)
    assert longest < wire.STUCK, "the other was waited for"

    wait_until(lambda: len(writers()) == 1, what="the end of the one that does not read")
    assert time.monotonic() - began < 5
    assert quick.closed is None
    assert stuck.wait_closed() == 1006, "there was no room to tell it anything"


def writers():
    return [it for it in threading.enumerate() if it.name == "websockets.converse"]


def test_client_that_reads_on_within_a_moment_is_told_to_come_back(serve, monkeypatch):
    monkeypatch.setattr(wire, "STUCK", 1.0)
    talk = serve()
    talk.app.extensions["limit"] = 300
    slow, quick = talk.connect("/talk"), talk.connect("/talk")
    assert slow.receive() == quick.receive() == "welcome"
    for number in range(400):
        quick.send(f"{number} {'x' * 5000}")
        quick.receive()

    assert slow.wait_closed() == 1013
    numbers = [int(text.split()[1]) for text in slow.received]
    assert numbers == list(range(len(numbers))), "what came before came whole and in order"


def test_client_that_reads_slowly_stays(serve, monkeypatch):
    """It takes a little at a time, for longer than one that takes nothing may stay."""
    monkeypatch.setattr(wire, "STUCK", 0.5)
    monkeypatch.setattr(websockets, "BEHIND", 10_000)
    talk = serve()
    slow, quick = talk.connect("/talk"), talk.connect("/talk")
    assert slow.receive() == quick.receive() == "welcome"
    for number in range(200):
        quick.send(f"{number} {'x' * 5000}")
        quick.receive()
    ticks = threading.Event()
    began = time.monotonic()
    texts = []
    while len(texts) < 200:
        ticks.wait(0.01)  # its own pace, not a wait for anything
        texts.append(slow.receive())

    assert time.monotonic() - began > 2 * wire.STUCK
    assert texts[-1].startswith("all: 199 ")
    assert slow.closed is None


def test_messages_of_a_client_wait_while_much_waits_for_it(serve, monkeypatch):
    monkeypatch.setattr(websockets, "BEHIND", 10)
    talk = serve()
    ws = talk.connect("/talk")
    ws.receive()
    [talker] = talk.talkers
    talker.gate.clear()
    for number in range(50):
        ws.send(f"{number}")

    # At most one is at the gate and 11 wait behind it: the rest is not worked on.
    unread = talker.ws.input_buffer
    wait_until(lambda: len(unread) >= 50 - 12, what="what the client said to wait")
    talker.gate.set()

    assert [ws.receive() for _ in range(50)] == [f"all: {number}" for number in range(50)]


@pytest.mark.parametrize(
    ("messages", "full"),
    [([], False), (["a"] * 100, False), (["a"] * 101, True), (["a" * 2**19] * 3, True)],
)
def test_what_waits_for_us_is_bounded_in_number_and_size(messages, full):
    assert websockets.is_full(SimpleNamespace(input_buffer=messages)) is full


# under gunicorn

WSGI = """
import sys
sys.path.insert(0, {folder!r})
from test_websockets import make_app
app, _ = make_app({{"WS_ECHO": True}})
"""


@pytest.fixture
def gunicorn(tmp_path):
    """The address of the same application under gunicorn, one process."""
    text = WSGI.format(folder=str(Path(__file__).parent))
    (tmp_path / "wsgi.py").write_text(text, encoding="utf-8")
    server = Server(tmp_path, tmp_path, {}, workers=1, threads=250)
    yield ("127.0.0.1", int(server.url.rpartition(":")[2]))
    server.stop()


def dial(address, path):
    connection = socket.create_connection(address)
    return WebSocket(connection, path, {"Host": "localhost", "Origin": "http://localhost"}, [])


def test_clients_that_say_good_bye_at_once_all_get_the_answer(gunicorn):
    clients = [dial(gunicorn, "/ws/echo") for _ in range(150)]
    for ws in clients:
        ws.say_goodbye()

    codes = Counter(ws.wait_closed() for ws in clients)
    for ws in clients:
        ws.drop()

    assert codes == {1000: 150}


def test_nobody_of_a_crowd_that_talks_at_once_is_cut_off(gunicorn):
    clients, messages = 30, 20

    def talk(number):
        ws = dial(gunicorn, "/talk")
        assert ws.receive() == "welcome"
        ready.wait()
        for count in range(messages):
            ws.send(f"{number} {count}")
        texts = [ws.receive() for _ in range(clients * messages)]
        ws.close()
        return texts

    ready = threading.Barrier(clients)
    with ThreadPoolExecutor(clients) as pool:
        heard = list(pool.map(talk, range(clients)))

    said = {f"all: {who} {count}" for who in range(clients) for count in range(messages)}
    assert [len(texts) for texts in heard] == [clients * messages] * clients
    assert all(set(texts) == said for texts in heard)
