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
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path

from classroom.ideas import find
from common.testing import valkey, wait_until
from common.testing.servers import Server

from .chatter import PATIENCE, Chatter, Crowd, is_over, verdict

ROOM = 10  # clients
FAULTS = ("unanswered", "lost", "doubled", "disordered", "errors")
CHEAP = {"ARGON2_KIB": "8", "ARGON2_ROUNDS": "1"}  # what is measured is no login


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
        chatters = gather(Crowd(server.url, {}), clients)
        turns = cycle(random.sample(chatters, clients))  # nobody too often: the chat says slow_down
        begin = time.monotonic()
        half_way = begin + seconds / 2
        said = 0
        while time.monotonic() < begin + seconds:
            next(turns).say()
            said += 1
            if kill and time.monotonic() > half_way:
                kill = False
                os.kill(min(children(server.process.pid)), signal.SIGKILL)
            until_next = begin + said / rate - time.monotonic()
            time.sleep(max(0.0, until_next))
        with suppress(AssertionError):  # the verdict says what is missing
            wait_until(lambda: is_over(chatters), PATIENCE, "all messages in all rooms")
        for chatter in chatters:
            chatter.leave()
        return verdict(chatters)


def gather(crowd: Crowd, clients: int) -> list[Chatter]:
    """Return clients in rooms of ten, all of them connected."""
    chatters = []
    room = None
    for number in range(clients):
        if number % ROOM == 0:
            room = None  # the next one
        chatter = Chatter(crowd, f"chatter{number}")
        room = chatter.enter(room)
        chatters.append(chatter)
    for chatter in chatters:
        chatter.start()
    for chatter in chatters:
        wait_until(chatter.ready.is_set, PATIENCE, "all connections")
    return chatters


def children(process: int) -> list[int]:
    """Return the processes that a process has started; Linux."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in listed.split()]


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
    for name, value in found.items():
        print(f"{name:<12} {value:g}")
    has_faults = any(found[name] for name in FAULTS)
    return 1 if has_faults else 0


if __name__ == "__main__":
    sys.exit(main())
