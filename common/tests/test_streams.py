"""The fixture ``connect``: its WebSocket and its event stream, against small applications."""

import json
import socket
from functools import partial
from types import SimpleNamespace

import pytest
from flask import Flask, Response, request
from flask_sock import Sock
from werkzeug.test import Client

from common.testing.backend import _Server
from common.testing.event_stream import StreamEvent
from common.testing.streams import Connector


@pytest.fixture
def small():
    """An application that talks, and what it has noticed."""
    app = Flask("small")
    sock = Sock(app)
    app.extensions["noticed"] = []

    @sock.route("/echo")
    def echo(ws):
        try:
            while True:
                ws.send(ws.receive())
        finally:
            app.extensions["noticed"].append("echo ended")

    @sock.route("/headers")
    def headers(ws):
        names = ("Origin", "Authorization", "Cookie", "X-Mine")
        ws.send(json.dumps({name: request.headers.get(name) for name in names}))
        ws.receive()

    @sock.route("/bye")
    def bye(ws):
        ws.send("last words")
        ws.close(4000, "enough")

    @app.get("/stream")
    def stream():
        body = (
            ": hello\n\nretry: 500\n\nid: 1\nevent: note\ndata: a\ndata: b\n\n",
            "data:  two\n\n: beat\n\n",
        )
        return Response(iter(body), mimetype="text/event-stream")

    @app.get("/cookie")
    def cookie():
        response = Response("baked")
        response.set_cookie("flavour", "oat")
        return response

    return app


def connected(server):
    ours, theirs = socket.socketpair()
    server.take(theirs)
    return ours


@pytest.fixture
def notes():
    return []


@pytest.fixture
def connect(small, notes):
    server = _Server(small)
    connector = Connector(SimpleNamespace(stream=partial(connected, server)), notes)
    yield connector
    connector.end()
    server.end()


@pytest.mark.parametrize(
    "message", ["text", b"\x00\xff", {"a": [1]}, [1], "", "x" * 200_000, b"y" * 200_000]
)
def test_message_comes_back_as_it_went(connect, message):
    ws = connect("/echo")
    ws.send(message)

    assert ws.status == 101
    assert ws.receive() == message


def test_messages_keep_their_order(connect):
    ws = connect("/echo")
    for number in range(50):
        ws.send({"number": number})

    assert [ws.receive()["number"] for _ in range(50)] == [*range(50)]


def test_handshake_has_the_origin_and_what_the_client_is_known_by(connect, small):
    client = Client(small)
    client.get("/cookie")
    client.token = "abc"

    found = connect("/headers", client=client, headers={"X-Mine": "1"}).receive()

    assert found == {
        "Origin": "http://localhost",
        "Authorization": "Bearer abc",
        "Cookie": "flavour=oat",
        "X-Mine": "1",
    }


def test_refused_handshake_has_its_status_and_text(connect):
    ws = connect("/nothing")

    assert ws.status == 404
    assert "Not Found" in ws.text
    with pytest.raises(AssertionError, match="closed"):
        ws.receive()


def test_close_of_the_other_side_is_noticed_after_its_last_words(connect):
    ws = connect("/bye")

    assert ws.wait_closed() == 4000
    assert ws.receive() == "last words"
    with pytest.raises(AssertionError, match="closed with 4000"):
        ws.receive()


def test_message_that_does_not_come_is_missed(connect):
    with pytest.raises(AssertionError, match=r"should have come, but 0\.01 s passed"):
        connect("/echo").receive(timeout=0.01)


@pytest.mark.parametrize("how", ["close", "drop"])
def test_application_has_noticed_when_the_end_returns(connect, small, how):
    ws = connect("/echo")
    getattr(ws, how)()

    assert small.extensions["noticed"] == ["echo ended"]


def test_report_of_a_failure_has_what_was_said(connect, notes):
    connect("/echo").send({"a": 1})

    assert notes == ["→ WebSocket /echo\n← 101 ", "→ {'a': 1}"]


def test_event_stream_is_read_by_its_rules(connect):
    stream = connect.events("/stream")

    assert [*stream] == [
        StreamEvent(None, "message", "", 500),
        StreamEvent("1", "note", "a\nb"),
        StreamEvent(None, "message", " two"),
    ]
    assert stream.comments == ["hello", "beat"]
    with pytest.raises(AssertionError, match="the stream has ended"):
        stream.receive()


def test_answer_that_is_no_event_stream_has_its_status_and_text(connect):
    stream = connect.events("/nothing")

    assert stream.status == 404
    assert "Not Found" in stream.text
    assert [*stream] == []
