"""Publish and subscribe: what happens in one request is told to those who listen in others.

``events.publish("room:1", data)`` reaches every subscription to ``room:1``, in this process or,
where ``REDIS_URL`` is set, in all processes of the application. In a request that stays open::

    with events.subscribe("room:1", "user:7") as subscription:
        …read from the database what is so far…
        for event in subscription:  # event.channel, event.data; None: nothing for 15 s
            yield …

Events of one publisher arrive in order, at most once, and are kept nowhere. So the database holds
the truth, and an event says that there is news: subscribe first, then read, and drop what you have
already. A reader that misses something is told: its loop ends with ``Lost``. Let its client connect
anew and say what it has got; it then gets the rest from the database.

Each process has one connection that listens for all, and hears all channels of the application.
"""

import json
import logging
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

from flask import Flask, current_app
from pydantic import Field
from pydantic_core import to_json
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from common.settings import Settings

HEARTBEAT = 15.0  # seconds
LIMIT = 1000  # events that may wait for a reader
PATIENCE = 5.0  # seconds that a new subscription waits for Redis
POLL = 0.5  # seconds after which the listener looks whether it is still needed
HEALTH_CHECK = 10  # seconds of silence after which it asks whether Redis is there

log = logging.getLogger(__name__)


class EventSettings(Settings):
    """The settings of a project with events."""

    redis_url: str | None = Field(
        None,
        pattern="^(rediss?|unix)://",
        description="redis://…: needed where several processes serve; default: events stay in one.",
    )


class Lost(Exception):
    """Events did not reach this reader: begin anew."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was published; ``data`` is shared by all readers: do not change it."""

    channel: str
    data: Any


def init_app(app: Flask) -> None:
    """Give ``app`` events; after ``common.init_app``."""
    app.extensions["common_events"] = Hub(app.name, app.config["REDIS_URL"])


def publish(channel: str, data: Any) -> None:
    """Tell ``data`` to all who listen to ``channel``. Do it after the commit.

    They get what JSON can hold: moments, for example, arrive as text.

    Never raises because of Redis: what has been committed is done, and nobody must do it again.
    """
    _hub().publish(channel, data)


def subscribe(
    *channels: str,
    heartbeat: float = HEARTBEAT,
    limit: int = LIMIT,
    on_lost: Callable[[], object] | None = None,
) -> "Subscription":
    """Listen to channels from now on; use it in a ``with`` block, which ends it.

    After ``heartbeat`` seconds without an event the loop gets None: the moment to send something
    that shows whether the client is still there. If more than ``limit`` events wait, the reader is
    too slow: the events are dropped and ``on_lost`` is called at once, in whatever thread, for the
    reader itself may be stuck in a write. Raises Lost where Redis does not answer.
    """
    return Subscription(_hub(), channels, heartbeat, limit, on_lost)


def _hub() -> "Hub":
    hub: Hub = current_app.extensions["common_events"]
    return hub


class Subscription:
    """The events of some channels, in order; for one reader."""

    def __init__(
        self,
        hub: "Hub",
        channels: tuple[str, ...],
        heartbeat: float,
        limit: int,
        on_lost: Callable[[], object] | None,
    ) -> None:
        self._hub = hub
        self._heartbeat = heartbeat
        self._limit = limit
        self._on_lost = on_lost
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._ended = self._lost = False
        self.channels: set[str] = set()
        for channel in channels:
            self.add(channel)
        deadline = time.monotonic() + PATIENCE
        while not hub.listens():
            if self._lost or time.monotonic() > deadline:
                self.close()
                raise Lost("Redis does not answer.")

    def add(self, channel: str) -> None:
        """Listen to one more channel."""
        self._hub.add(channel, self)

    def remove(self, channel: str) -> None:
        """Listen to a channel no longer; what waits of it still comes."""
        self._hub.remove(channel, self)

    def put(self, channel: str, data: Any) -> None:
        """Add an event for this reader alone."""
        if self._ended:
            return
        if self._queue.qsize() >= self._limit:
            self.lose()
        else:
            self._queue.put(Event(channel, data))

    def lose(self) -> None:
        """End it because the reader has missed something."""
        self._lost = True
        self.close()
        if self._on_lost is not None:
            self._on_lost()

    def close(self) -> None:
        """Let the reader's loop end; any thread may call it."""
        self._ended = True
        self._queue.put(None)
        for channel in tuple(self.channels):
            self._hub.remove(channel, self)

    def __iter__(self) -> Iterator[Event | None]:
        """Yield events, and None after each heartbeat without one; raise Lost, or end."""
        while True:
            try:
                event = self._queue.get(timeout=self._heartbeat)
            except Empty:
                yield None
                continue
            if self._lost:
                raise Lost("The reader was too slow, or the connection to Redis broke.")
            if event is None:
                return
            yield event

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


class Hub:
    """Brings events to the subscriptions of one application in this process."""

    def __init__(self, name: str, url: str | None) -> None:
        self._prefix = f"{name}:"
        self._lock = threading.Lock()
        self._readers: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._listener: threading.Thread | None = None
        self._listening = threading.Event()
        self._redis: Redis | None = None
        if url:
            # No retries: a connection that is made anew in silence would have missed something.
            self._redis = Redis.from_url(
                url,
                retry=Retry(NoBackoff(), 0),
                health_check_interval=HEALTH_CHECK,
                socket_connect_timeout=PATIENCE,
                socket_timeout=PATIENCE,
            )
            weakref.finalize(self, self._redis.close)

    def publish(self, channel: str, data: Any) -> None:
        """See the function ``publish``."""
        text = to_json(data).decode()
        if self._redis is None:
            self._tell(channel, text)
            return
        for last in (False, True):  # a pooled connection may have been closed by the server
            try:
                self._redis.publish(self._prefix + channel, text)
                return
            except RedisError as error:
                if last:
                    log.warning("An event of %s reached nobody: %s", channel, error)

    def add(self, channel: str, reader: Subscription) -> None:
        """Let ``reader`` have the events of ``channel``, and see to it that they come."""
        with self._lock:
            self._readers[channel].add(reader)
            reader.channels.add(channel)
            if self._redis is not None and self._listener is None:
                self._listener = threading.Thread(
                    target=self._listen, args=[self._redis], name="common.live.events", daemon=True
                )
                self._listener.start()

    def remove(self, channel: str, reader: Subscription) -> None:
        """Undo ``add``; once more does nothing."""
        with self._lock:
            reader.channels.discard(channel)
            if channel in self._readers:
                self._readers[channel].discard(reader)
                if not self._readers[channel]:
                    del self._readers[channel]

    def listens(self) -> bool:
        """Wait a moment for events to come; tell whether they do."""
        return self._redis is None or self._listening.wait(POLL / 10)

    def _tell(self, channel: str, text: str) -> None:
        with self._lock:
            readers = tuple(self._readers.get(channel, ()))
        data = json.loads(text) if readers else None
        for reader in readers:
            reader.put(channel, data)

    def _listen(self, redis: Redis) -> None:
        """Hand on what Redis tells, as long as somebody reads."""
        while True:
            try:
                with redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py
                    pubsub.psubscribe(self._prefix + "*")
                    while not self._stop_if_idle():
                        message = pubsub.get_message(timeout=POLL)
                        if message and message["type"] == "psubscribe":
                            self._listening.set()
                        elif message:
                            channel = message["channel"].decode().removeprefix(self._prefix)
                            self._tell(channel, message["data"].decode())
                    return
            except RedisError as error:
                log.warning("The connection to Redis broke: %s", error)
            self._listening.clear()
            with self._lock:
                readers = {reader for found in self._readers.values() for reader in found}
            for reader in readers:
                reader.lose()
            time.sleep(POLL)
            if self._stop_if_idle():
                return

    def _stop_if_idle(self) -> bool:
        """Tell the listener whether it ends: nobody reads any more. The next reader starts one."""
        with self._lock:
            if self._readers:
                return False
            self._listening.clear()
            self._listener = None
            return True
