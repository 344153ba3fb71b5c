"""What the stand-ins for other people's servers have alike: an address, and a gate."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket


class StandIn:
    """A server on a socket that listens already; whoever asks it waits while a test holds it."""

    def __init__(self, listener: socket) -> None:
        self.address = "{}:{}".format(*listener.getsockname()[:2])
        self._gate = threading.Event()
        self._gate.set()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let those who ask, or send a mail, wait for the answer until the block ends."""
        self._gate.clear()
        try:
            yield
        finally:
            self._gate.set()
