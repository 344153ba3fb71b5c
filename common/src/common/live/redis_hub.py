"""Events between processes, over Redis.

Each process has one connection that listens for all its readers, and hears all channels of the
application. It begins with the first reader and ends after the last.
"""

import logging
import threading
import time
import weakref
from typing import Any

from pydantic_core import to_json
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry

from common.live.events import Hub, Lost, Subscription

PATIENCE = 5.0  # seconds that a new subscription waits for Redis
POLL = 0.5  # seconds after which the listener looks whether it is still needed
GLANCE = 0.05  # seconds after which a new subscription looks whether it has been lost meanwhile
HEALTH_CHECK = 10  # seconds of silence after which the listener asks whether Redis is there
ATTEMPTS = 2  # to publish: a connection of the pool may have been closed by the server

log = logging.getLogger(__name__)


class RedisHub(Hub):
    """Brings events to the subscriptions of one application in all its processes."""

    def __init__(self, name: str, url: str) -> None:
        super().__init__()
        self._prefix = f"{name}:"
        self._listener: threading.Thread | None = None
        self._listens = threading.Event()
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
        """See the function ``publish`` of ``events``."""
        text = to_json(data).decode()
        for _ in range(ATTEMPTS):
            try:
                self._redis.publish(self._prefix + channel, text)
                return
            except RedisError as error:
                why = error
        log.warning("An event of %s reached nobody: %s", channel, why)

    def add(self, channel: str, reader: Subscription) -> None:
        """Let ``reader`` have the events of ``channel``, and see to it that they come."""
        super().add(channel, reader)
        with self._lock:
            if self._listener is None:
                name = "common.live.redis_hub"
                self._listener = threading.Thread(target=self._listen, name=name, daemon=True)
                self._listener.start()

    def wait_until_it_listens(self, reader: Subscription) -> None:
        """Return when Redis has said that we hear it; raise Lost if it does not."""
        deadline = time.monotonic() + PATIENCE
        while not self._listens.wait(GLANCE):
            if reader.is_lost or time.monotonic() > deadline:
                raise Lost("Redis does not answer.")

    def _listen(self) -> None:
        """Hand on what Redis tells, as long as somebody reads."""
        while True:
            try:
                with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py
                    self._hand_on(pubsub)
                return
            except RedisError as error:
                log.warning("The connection to Redis broke: %s", error)
            self._lose_all()
            time.sleep(POLL)
            if self._stop_if_idle():
                return

    def _hand_on(self, pubsub: PubSub) -> None:
        """Hand on what comes until nobody reads any more; raise RedisError."""
        pubsub.psubscribe(self._prefix + "*")
        while not self._stop_if_idle():
            message = pubsub.get_message(timeout=POLL)
            if message is None:
                continue
            if message["type"] == "psubscribe":
                self._listens.set()
            else:
                channel = message["channel"].decode().removeprefix(self._prefix)
                self.tell(channel, message["data"].decode())

    def _lose_all(self) -> None:
        """Tell all who read that they have missed something."""
        self._listens.clear()
        with self._lock:
            readers = set().union(*self._readers.values())
        for reader in readers:
            reader.lose()

    def _stop_if_idle(self) -> bool:
        """Tell the listener whether it ends: nobody reads any more. The next reader starts one."""
        with self._lock:
            if self._readers:
                return False
            self._listens.clear()
            self._listener = None
            return True
