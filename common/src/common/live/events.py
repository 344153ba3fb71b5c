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

An event that waits for many readers is one object: what waits costs each of them a pointer.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

from flask import Flask, current_app
from pydantic import Field
from pydantic_core import to_json

from common.settings import Settings, SettingsError

HEARTBEAT = 15.0  # seconds
LIMIT = 10_000  # events that may wait for a reader


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
    """Give ``app`` events; after ``common.init_app``. SettingsError where redis is missing."""
    app.extensions["common_events"] = make_hub(app.name, app.config["REDIS_URL"])


def make_hub(name: str, url: str | None) -> "Hub":
    """Return what brings events to the readers: between processes where there is a URL."""
    if url is None:
        return Hub()
    try:
        from common.live.redis_hub import RedisHub  # noqa: PLC0415  # one process needs no redis
    except ModuleNotFoundError as error:
        raise SettingsError("REDIS_URL needs the package redis: pip install redis.") from error
    return RedisHub(name, url)


def publish(channel: str, data: Any) -> None:
    """Tell ``data`` to all who listen to ``channel``. Do it after the commit.

    They get what JSON can hold: moments, for example, arrive as text.

    Never raises because of Redis: what has been committed is done, and nobody must do it again.
    """
    _hub().publish(channel, data)


def subscribe(*channels: str, heartbeat: float = HEARTBEAT, limit: int = LIMIT) -> "Subscription":
    """Listen to channels from now on; use it in a ``with`` block, which ends it.

    After ``heartbeat`` seconds without an event the loop gets None: the moment to send something
    that shows whether the client is still there. If more than ``limit`` events wait, the reader is
    too slow, and its loop ends with Lost. Raises Lost where Redis does not answer.
    """
    return Subscription(_hub(), channels, heartbeat, limit)


def _hub() -> "Hub":
    hub: Hub = current_app.extensions["common_events"]
    return hub


class Subscription:
    """The events of some channels, in order; for one reader."""

    def __init__(self, hub: "Hub", channels: tuple[str, ...], heartbeat: float, limit: int) -> None:
        self._hub = hub
        self._heartbeat = heartbeat
        self._limit = limit
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._has_ended = False
        self._is_lost = False
        self.channels: set[str] = set()
        for channel in channels:
            self.add(channel)
        try:
            hub.wait_until_it_listens(self)
        except Lost:
            self.close()
            raise

    @property
    def is_lost(self) -> bool:
        """Whether the reader has missed something."""
        return self._is_lost

    def add(self, channel: str) -> None:
        """Listen to one more channel."""
        self._hub.add(channel, self)

    def remove(self, channel: str) -> None:
        """Listen to a channel no longer; what waits of it still comes."""
        self._hub.remove(channel, self)

    def waiting(self) -> int:
        """Return how many events wait for the reader, about."""
        return self._queue.qsize()

    def put(self, channel: str, data: Any) -> None:
        """Add an event for this reader alone."""
        self.take(Event(channel, data))

    def take(self, event: Event) -> None:
        """Add an event."""
        if self._has_ended:
            return
        if self._queue.qsize() >= self._limit:
            self.lose()
        else:
            self._queue.put(event)

    def lose(self) -> None:
        """End it because the reader has missed something."""
        self._is_lost = True
        self.close()

    def close(self) -> None:
        """Let the reader's loop end; any thread may call it."""
        self._has_ended = True
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
            if self._is_lost:
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
    """Brings events to the subscriptions of one application, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: defaultdict[str, set[Subscription]] = defaultdict(set)

    def publish(self, channel: str, data: Any) -> None:
        """See the function ``publish``."""
        self.tell(channel, to_json(data).decode())

    def add(self, channel: str, reader: Subscription) -> None:
        """Let ``reader`` have the events of ``channel``."""
        with self._lock:
            self._readers[channel].add(reader)
            reader.channels.add(channel)

    def remove(self, channel: str, reader: Subscription) -> None:
        """Undo ``add``; once more does nothing."""
        with self._lock:
            reader.channels.discard(channel)
            if channel not in self._readers:
                return
            self._readers[channel].discard(reader)
            if not self._readers[channel]:
                del self._readers[channel]

    def wait_until_it_listens(self, reader: Subscription) -> None:
        """Return when events reach ``reader``; raise Lost if they do not."""

    def tell(self, channel: str, text: str) -> None:
        """Hand an event, as JSON, to those who read its channel here."""
        with self._lock:
            readers = tuple(self._readers.get(channel, ()))
        if not readers:
            return
        event = Event(channel, json.loads(text))
        for reader in readers:
            reader.take(event)
