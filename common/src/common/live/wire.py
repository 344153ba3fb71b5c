"""The socket under a WebSocket, with the manners that simple-websocket takes for granted.

Flask-Sock gives a view the WebSocket, simple-websocket keeps it, and both leave to the socket what
happens when the other side is slow: a write without an end, half a frame, a last word that is lost.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

STUCK = 3.0  # seconds in which a socket may take nothing
GOODBYE = 1.0  # seconds that the other side has to end when we have
PAUSE = 0.05  # seconds until we look again whether there is room for more
NAMES = ("gunicorn.socket", "werkzeug.socket")  # where the servers leave it for simple-websocket


class Stuck(OSError):
    """The other side took nothing for `STUCK` seconds."""


class Gone(OSError):
    """The connection has broken."""


class Wire:
    """A connected socket; any thread may write to it."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.settimeout(STUCK)
        self._turn = threading.Lock()
        self._rest = bytearray()  # what is still to be written
        self._is_cut = False
        self.is_full: Callable[[], bool] = lambda: False
        """Tells whether so much waits for the application that nothing more is to be read."""
        self.on_close: Callable[[], object] = lambda: None
        """Called when no message comes any more."""

    def fileno(self) -> int:
        """Return the number of the file: selectors ask."""
        return self._socket.fileno()

    def send(self, data: bytes) -> int:
        """Write all of ``data``, however slowly it is taken, and nothing of others in between.

        Raises Stuck if nothing at all is taken for a while. What is left then goes first the next
        time, so that a frame is never torn. Raises Gone.
        """
        with self._turn:
            self._rest += data
            while self._rest:
                try:
                    taken = self._socket.send(self._rest)
                except TimeoutError:
                    self._socket.settimeout(GOODBYE)  # it has had its chance
                    raise Stuck(f"It took nothing for {STUCK} s.") from None
                except OSError as error:
                    raise Gone(str(error)) from error
                del self._rest[:taken]
        return len(data)

    def recv(self, size: int) -> bytes:
        """Read what has come. While we are full, the other side has to wait: so TCP means it."""
        while self.is_full() and not self._is_cut:
            time.sleep(PAUSE)
        return self._socket.recv(size)

    def close(self) -> None:
        """Do nothing but tell: the WebSocket reads no more, but the view may still be at work."""
        self.on_close()

    def hang_up(self) -> None:
        """Say that nothing more comes, and read until the other side has ended, too.

        If bytes were left unread, the kernel would reset the connection, and our last words could
        be lost, the code of a WebSocket among them. The socket is closed by the server whose it is.
        """
        deadline = time.monotonic() + GOODBYE
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(GOODBYE)
            while time.monotonic() < deadline and self._socket.recv(65536):
                pass
        self.cut()

    def cut(self) -> None:
        """End it at once, from whatever thread: nobody stays in a read or a write."""
        self._is_cut = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


def wrap(environ: dict[str, Any]) -> None:
    """Put a Wire where simple-websocket looks for the socket of a request."""
    for name in NAMES:
        if name in environ:
            environ[name] = Wire(environ[name])
