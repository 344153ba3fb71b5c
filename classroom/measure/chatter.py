"""A client of the chat that comes back whenever its connection breaks, and what became of many."""

import random
import socket
import statistics
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from common.testing.websocket import SWITCHING, WebSocket

PATIENCE = 60  # seconds for what has to come
LONGEST_PAUSE = 2.0  # seconds before another attempt to connect


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
        response = requests.post(f"{crowd.url}/login", json=login, timeout=PATIENCE)
        token = response.json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        self.username = name
        self.room = 0
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
            response = requests.post(
                f"{self.crowd.url}/rooms",
                json={"name": "Crowd"},
                headers=self.headers,
                timeout=PATIENCE,
            )
            self.room = int(response.json()["id"])
        else:
            self.room = room
            member = f"{self.crowd.url}/rooms/{room}/members/{self.username}"
            response = requests.put(member, headers=self.headers, timeout=PATIENCE)
            response.raise_for_status()
        return self.room

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
        headers = {**self.headers, "Host": host.netloc, "Origin": self.crowd.url}
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
                resume = {"type": "resume", "room": self.room, "after": after}
                self.socket.send(resume)
            case "resumed":
                self.ready.set()
                for waiting in list(self.pending.values()):
                    self.socket.send(waiting)
            case "message":
                self.got.append(frame["id"])
                sent = self.crowd.sent[frame["body"]]
                self.delays.append(time.monotonic() - sent)
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
        frame = {
            "type": "send",
            "room": self.room,
            "body": text,
            "client_id": text,
        }
        self.pending[text] = frame
        if self.ready.is_set():
            self.socket.send(frame)  # if the connection is gone, ``run`` notices


def said_in(chatters: Sequence[Chatter]) -> dict[int, set[int]]:
    """Return the ids of the acknowledged messages of each room."""
    said: dict[int, set[int]] = defaultdict(set)
    for chatter in chatters:
        said[chatter.room].update(chatter.acknowledged.values())
    return said


def is_over(chatters: Sequence[Chatter]) -> bool:
    """Tell whether everything is acknowledged and has reached everybody."""
    said = said_in(chatters)
    for chatter in chatters:
        missing = said[chatter.room] - set(chatter.got)
        if chatter.pending or missing:
            return False
    return True


def verdict(chatters: Sequence[Chatter]) -> dict[str, float]:
    """Return how many messages were said and delivered, what went wrong, and how long they took.

    ``unanswered`` are those that nobody has acknowledged; ``lost`` and ``doubled`` count
    deliveries, ``disordered`` clients. The times are those from sending a message to getting it, in
    seconds, over all deliveries.
    """
    said = said_in(chatters)
    found: Counter[str] = Counter()
    delays = []
    for chatter in chatters:
        got = set(chatter.got)
        found["unanswered"] += len(chatter.pending)
        found["lost"] += len(said[chatter.room] - got)
        found["doubled"] += len(chatter.got) - len(got)
        found["disordered"] += chatter.got != sorted(chatter.got)
        found["errors"] += len(chatter.errors)
        found["resumed"] += chatter.connections > 1
        delays += chatter.delays
    percentiles = statistics.quantiles(delays, n=100)
    return {
        "messages": sum(len(ids) for ids in said.values()),
        "deliveries": len(delays),
        **found,
        "median": round(percentiles[49], 4),
        "p95": round(percentiles[94], 4),
        "longest": round(max(delays), 4),
    }
