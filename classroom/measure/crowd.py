"""Let a crowd chat over two servers, kill one of them, and see what gets lost.

``python -m classroom.measure.crowd`` runs ``projects/realtime/chat`` under gunicorn, two processes
with Redis between them, and connects clients in rooms of ten. They say so many messages a second;
half way one process is killed (``kill -9``), and its clients come back and resume. In the end each
client must have got what was acknowledged in its room: all of it, once, in the order of the ids.
"""

import argparse
import os
import random
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from classroom.ideas import find
from common.testing import wait_until
from common.testing.servers import Server
from common.testing import valkey
from common.testing.websocket import SWITCHING, WebSocket

ROOM = 10  # clients
FAULTS = ("unanswered", "lost", "doubled", "disordered", "errors")
PATIENCE = 60  # seconds for what has to come
LONGEST_PAUSE = 2.0  # seconds before another attempt to connect
CHEAP = {"ARGON2_KIB": "8", "ARGON2_ROUNDS": "1"}  # what is measured is no login


@dataclass
class Crowd:
    """What all clients know: where the servers are, and when a message was sent."""

    url: str
    sent: dict[str, float]  # client_id, which is the text as well: seconds


class Chatter(threading.Thread):
    """A client in one room, which comes back whenever its connection breaks."""

    def __init__(self, crowd: Crowd, name: str) -> None:
        super().__init__(daemon=True)
        self.crowd = crowd
        login = {"username": name, "password": "correct horse"}
        requests.post(f"{crowd.url}/register", json=login, timeout=PATIENCE)
        answer = requests.post(f"{crowd.url}/login", json=login, timeout=PATIENCE)
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.username, self.room = name, 0
        self.got: list[int] = []  # ids of messages as they have come
        self.delays: list[float] = []
        self.pending: dict[str, dict[str, Any]] = {}
        self.acknowledged: dict[str, int] = {}
        self.errors: list[object] = []
        self.ready = threading.Event()
        self.connections = 0
        self.leaving = False
        self.socket: WebSocket

    def enter(self, room: int | None) -> int:
        """Enter a room, or make one; return which."""
        if room is None:
            rooms, wish = f"{self.crowd.url}/rooms", {"name": "Crowd"}
            made = requests.post(rooms, json=wish, headers=self.headers, timeout=PATIENCE)
            room = int(made.json()["id"])
        else:
            path = f"{self.crowd.url}/rooms/{room}/members/{self.username}"
            requests.put(path, headers=self.headers, timeout=PATIENCE).raise_for_status()
        self.room = room
        return room

    def run(self) -> None:
        """Be connected, until it is time to leave."""
        failed = 0
        while not self.leaving:
            with suppress(AssertionError, OSError):  # no message has come: the connection is gone
                self.connect()
                failed = 0
                while True:
                    self.take(self.socket.receive(PATIENCE))
            self.ready.clear()
            failed += 1
            pause = min(LONGEST_PAUSE, 0.1 * 2**failed)
            time.sleep(random.random() * pause)  # noqa: S311  # that not all come at once

    def connect(self) -> None:
        """Open a WebSocket in the place of a broken one; OSError if that does not work."""
        if self.connections:
            self.socket.drop()
        host = urlsplit(self.crowd.url)
        connection = socket.create_connection((host.hostname, host.port), PATIENCE)
        headers = self.headers | {"Host": host.netloc, "Origin": self.crowd.url}
        self.socket = WebSocket(connection, "/ws?hold=true", headers, [])
        self.connections += 1
        if self.socket.status != SWITCHING:
            raise ConnectionRefusedError(self.socket.text)

    def leave(self) -> None:
        """End the connection and do not come back."""
        self.leaving = True
        self.socket.drop()

    def take(self, frame: dict[str, Any]) -> None:
        """Take a frame of the server."""
        match frame["type"]:
            case "hello":
                after = self.got[-1] if self.got else 0
                self.socket.send({"type": "resume", "room": self.room, "after": after})
            case "resumed":
                self.ready.set()
                for waiting in [*self.pending.values()]:
                    self.socket.send(waiting)
            case "message":
                self.got.append(frame["id"])
                self.delays.append(time.monotonic() - self.crowd.sent[frame["body"]])
            case "ack":
                # In this order: what is neither pending nor acknowledged would not be missed.
                self.acknowledged[frame["client_id"]] = frame["id"]
                self.pending.pop(frame["client_id"], None)
            case "error":
                self.errors.append(frame)

    def say(self) -> None:
        """Say something, now or as soon as there is a connection."""
        text = uuid.uuid4().hex
        self.crowd.sent[text] = time.monotonic()
        frame = {"type": "send", "room": self.room, "body": text, "client_id": text}
        self.pending[text] = frame
        if self.ready.is_set():
            self.socket.send(frame)  # if the connection is gone, ``run`` notices


@contextmanager
def servers() -> Iterator[Server]:
    """Run the chat: two processes of gunicorn, and a Redis-compatible server between them."""
    with tempfile.TemporaryDirectory(prefix="crowd-") as name, valkey.running() as redis:
        settings = {"REDIS_URL": redis, **CHEAP}
        server = Server(find("chat").folder, Path(name), settings, workers=2, threads=250)
        try:
            yield server
        finally:
            server.stop()


def chat(clients: int, seconds: float, rate: float, *, kill: bool) -> dict[str, float]:
    """Let the crowd chat and return what became of it; see ``verdict``."""
    with servers() as server:
        crowd = Crowd(server.url, {})
        chatters = [Chatter(crowd, f"chatter{number}") for number in range(clients)]
        room = None
        for number, chatter in enumerate(chatters):
            room = chatter.enter(room if number % ROOM else None)
        for chatter in chatters:
            chatter.start()
        wait_until(lambda: all(it.ready.is_set() for it in chatters), PATIENCE, "all connections")
        begin, said = time.monotonic(), 0
        turns = cycle(random.sample(chatters, clients))  # nobody too often: the chat says slow_down
        while (passed := time.monotonic() - begin) < seconds:
            next(turns).say()
            said += 1
            if kill and passed > seconds / 2:
                kill = False
                os.kill(min(children(server.process.pid)), signal.SIGKILL)
            time.sleep(max(0.0, begin + said / rate - time.monotonic()))
        with suppress(AssertionError):  # the verdict says what is missing
            wait_until(lambda: is_over(chatters), PATIENCE, "all messages in all rooms")
        for chatter in chatters:
            chatter.leave()
        return verdict(chatters)


def children(process: int) -> list[int]:
    """Return the processes that a process has started; Linux."""
    return [int(it) for it in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def said_in(chatters: Sequence[Chatter]) -> dict[int, set[int]]:
    """Return the ids of the acknowledged messages of each room."""
    found: dict[int, set[int]] = defaultdict(set)
    for chatter in chatters:
        found[chatter.room].update(chatter.acknowledged.values())
    return found


def is_over(chatters: Sequence[Chatter]) -> bool:
    """Tell whether everything is acknowledged and has reached everybody."""
    said = said_in(chatters)
    return all(not it.pending and said[it.room] <= {*it.got} for it in chatters)


def verdict(chatters: Sequence[Chatter]) -> dict[str, float]:
    """Return how many messages were said and delivered, what went wrong, and how long they took.

    ``unanswered`` are those that nobody has acknowledged; ``lost`` and ``doubled`` count
    deliveries, ``disordered`` clients. The times are those from sending a message to getting it, in
    seconds, over all deliveries.
    """
    said = said_in(chatters)
    delays = sorted(delay for chatter in chatters for delay in chatter.delays)
    percentiles = statistics.quantiles(delays, n=100)
    return {
        "messages": sum(map(len, said.values())),
        "unanswered": sum(len(it.pending) for it in chatters),
        "deliveries": len(delays),
        "lost": sum(len(said[it.room] - {*it.got}) for it in chatters),
        "doubled": sum(len(it.got) - len({*it.got}) for it in chatters),
        "disordered": sum(it.got != sorted(it.got) for it in chatters),
        "errors": sum(len(it.errors) for it in chatters),
        "resumed": sum(it.connections > 1 for it in chatters),
        "median": round(percentiles[49], 4),
        "p95": round(percentiles[94], 4),
        "longest": round(delays[-1], 4),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.measure.crowd",
        description="Let a crowd chat over two servers, and kill one half-way.",
        epilog="Exit code: 0 nothing went wrong, 1 something was lost, doubled or out of order.",
    )
    parser.add_argument("--clients", type=int, default=200, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=60, help="default: %(default)s")
    parser.add_argument("--rate", type=float, default=50, help="messages a second of all together")
    parser.add_argument("--no-kill", action="store_true", help="let both servers live")
    options = parser.parse_args(arguments)
    found = chat(options.clients, options.seconds, options.rate, kill=not options.no_kill)
    print("\n".join(f"{name:<12} {value:g}" for name, value in found.items()))
    return int(any(found[name] for name in FAULTS))


if __name__ == "__main__":
    sys.exit(main())
