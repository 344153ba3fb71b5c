"""The line to a box: orders go there, answers come."""

import json
import socket
import time
from collections.abc import Mapping
from typing import Any

from classroom.grading.box import wire

from .limits import Limits


class Line:
    """The line to the ``host.py`` in a box: orders go there, and whether they were obeyed comes."""

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self.control = control
        self.limits = limits
        self._obeys = True

    def ready(self) -> str:
        """Wait until the submission has been imported; return why it cannot be, or nothing."""
        try:
            answer = self._hear(self.limits.imports + 5)
        except TimeoutError:
            return f"It did not start within {self.limits.imports:g} s."
        except (EOFError, OSError, wire.WireError):
            return "The process ended while it was importing the submission."
        return str(answer.get("failed", ""))

    def begin(self, listener: socket.socket, settings: Mapping[str, str]) -> bool:
        """Start the application, which answers at ``listener``; tell whether that has worked."""
        return self._order([listener.fileno()], op="start", settings=dict(settings))

    def end(self) -> bool:
        """Kill and remove all that is left of the application; tell whether that has worked."""
        return self._order([], op="end")

    def _order(self, descriptors: list[int], **order: object) -> bool:
        if not self._obeys:
            return False
        self._obeys = False  # until it has answered: an answer that is late answers nothing else
        try:
            socket.send_fds(self.control, [json.dumps(order).encode()], descriptors)
            self._obeys = self._hear(self.limits.operation).get("done") is True
        except (EOFError, OSError, wire.WireError):
            return False
        return self._obeys

    def _hear(self, seconds: float) -> dict[str, Any]:
        return wire.receive(self.control, time.monotonic() + seconds)[0]

    def close(self) -> None:
        """Hang up."""
        self.control.close()
