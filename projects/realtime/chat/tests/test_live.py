"""Two servers with Redis between them; one of them is killed."""

import os
import signal
import socket
import subprocess
import uuid
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from common.testing import valkey
from common.testing.streams import Connector


@pytest.fixture
def redis():
    """The URL of a real server."""
    with valkey.running() as url:
        yield url


@pytest.fixture
def dial():
    """Open a WebSocket to a server by TCP: ``dial(url, client)``."""
    connectors = []

    def connect(url, client, path="/ws"):
        address = urlsplit(url)

        def stream():
            return socket.create_connection((address.hostname, address.port))

        connectors.append(Connector(SimpleNamespace(stream=stream), []))
        ws = connectors[-1](path, client)
        assert ws.receive()["type"] == "hello", ws.text
        return ws

    yield connect
    for connector in connectors:
        connector.end()


def send(ws, room, body):
    ws.send({"type": "send", "room": room, "body": body, "client_id": uuid.uuid4().hex})


def next_of(ws, *kinds):
    while (frame := ws.receive(timeout=30))["type"] not in kinds:
        pass
    return frame


def children(process):
    command = ["pgrep", "-P", str(process)]
    found = subprocess.run(command, capture_output=True, check=False)
    return {int(line) for line in found.stdout.split()}


def test_two_servers_share_room_and_clients_of_killed_one_resume(
    live, backend, redis, dial, as_user, connect
):
    """Ben's server is this process; ana's is another, on the same data."""
    backend.restart({"REDIS_URL": redis})
    before = children(os.getpid())
    hers = live(workers=1, threads=16, REDIS_URL=redis, INSTANCE_PATH=str(backend.folder))
    [master] = children(os.getpid()) - before
    ana, ben = as_user("ana"), as_user("ben")
    room = ana.post("/rooms", json={"name": "Kitchen"}).json["id"]
    assert ben.put(f"/rooms/{room}/members/ben").status_code == 204
    mine, theirs = dial(hers, ana), connect("/ws", ben)
    assert next_of(mine, "presence")["username"] == "ben"

    for number in range(10):  # both talk at once: everybody hears one order
        send(mine, room, f"ana {number}")
        send(theirs, room, f"ben {number}")
    heard = [[next_of(ws, "message")["id"] for _ in range(20)] for ws in (mine, theirs)]
    assert heard[0] == heard[1] == sorted(heard[0])

    for worker in children(master):
        os.kill(worker, signal.SIGKILL)
    assert mine.wait_closed(30)
    send(theirs, room, "while she was away")
    next_of(theirs, "ack")
    again = dial(hers, ana, "/ws?hold=true")
    send(theirs, room, "live again")
    again.send({"type": "resume", "room": room, "after": heard[0][-1]})
    bodies = [next_of(again, "message")["body"] for _ in range(2)]
    assert bodies == ["while she was away", "live again"]
