"""A submission in a box, and in another one should that die: what the grader's pytest asks."""

import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from .backend import BoxedBackend, Hang, NoAnswer
from .box import wire
from .sandbox import Limits, Line, SandboxError

BACKLOG = 512
MAKE, END = b"m", b"e"  # what is asked of those who make boxes


class BoxOfOthers(Line):
    """A box that whoever has started this process makes and ends for it, as ``run`` does."""

    def __init__(self, makers: socket.socket, limits: Limits) -> None:
        """Ask for a box. Raises SandboxError."""
        makers.sendall(MAKE)
        said, descriptors, _, _ = socket.recv_fds(makers, wire.CHUNK, 1)
        if not descriptors:
            raise SandboxError(said.decode(errors="replace") or "Nobody makes boxes any more.")
        super().__init__(socket.socket(fileno=descriptors[0]), limits)
        self._makers = makers

    def close(self) -> None:
        """Have the box killed, and wait for it."""
        super().close()
        self._makers.sendall(END)
        self._makers.recv(1)


class Submission:
    """A submission that can be asked: in a box, and in another one should that die."""

    def __init__(self, new_box: Callable[[], Line], limits: Limits) -> None:
        self._new_box = new_box
        self._box: Line | None = None
        self._limits = limits
        self._sockets = tempfile.TemporaryDirectory(prefix="grade-")
        self._numbers = count()

    def start(self) -> str:
        """Import the submission and make its application once; return why that fails, or nothing.

        Raises SandboxError where there is no box.
        """
        try:
            with self.application({}, [], time.monotonic() + self._limits.operation):
                return ""
        except (Hang, NoAnswer) as error:
            return str(error)

    @contextmanager
    def application(
        self, settings: Mapping[str, str], exchanges: list[str], deadline: float
    ) -> Iterator[BoxedBackend]:
        """Give an application on fresh data, and see that nothing is left of it."""
        if self._box is None:
            self._box = self._enter()
        box = self._box
        address = f"{self._sockets.name}/{next(self._numbers)}"
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(address)
                listener.listen(BACKLOG)
                box.begin(listener, settings)  # if that fails, nobody will answer
            application = BoxedBackend(address, self._limits, deadline, exchanges)
            application.hello()
            yield application
        finally:
            Path(address).unlink()
            if not box.end():
                self.close_box()

    def _enter(self) -> Line:
        box = self._new_box()
        try:
            reason = box.ready()
            if reason:
                raise NoAnswer(reason)
        except BaseException:
            box.close()
            raise
        return box

    def close_box(self) -> None:
        """Kill the box."""
        if self._box is not None:
            self._box.close()
        self._box = None

    def close(self) -> None:
        """Kill the box and leave nothing behind."""
        self.close_box()
        self._sockets.cleanup()
