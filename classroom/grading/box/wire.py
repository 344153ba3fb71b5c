"""How the grader and the box talk: two lengths, a header in JSON, a body of bytes.

Whoever receives has not chosen what comes: everything is bounded, in size and in time.
"""

import json
import socket
import struct
import time
from typing import Any

LENGTHS = struct.Struct("!II")
MAX_HEADER = 2**20
MAX_BODY = 32 * 2**20
MAX_TEXT = 4000  # characters of an error
CHUNK = 2**16


Message = tuple[dict[str, Any], bytes]
"""A header and a body."""


class WireError(Exception):
    """What came is not what the other side must send."""


def send(connection: socket.socket, header: dict[str, Any], body: bytes = b"") -> None:
    """Send one message."""
    text = json.dumps(header).encode()
    lengths = LENGTHS.pack(len(text), len(body))
    connection.sendall(lengths + text + body)


def receive(connection: socket.socket, deadline: float | None = None) -> Message:
    """Return the next message; TimeoutError when it is not whole at ``deadline`` (monotonic)."""
    header_size, body_size = LENGTHS.unpack(_exactly(connection, LENGTHS.size, deadline))
    if header_size > MAX_HEADER or body_size > MAX_BODY:
        raise WireError(f"{header_size} + {body_size} bytes are too many")
    text = _exactly(connection, header_size, deadline)
    try:
        header: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"no JSON: {error}") from None
    if not isinstance(header, dict):
        raise WireError("no JSON object")
    return header, _exactly(connection, body_size, deadline)


def _exactly(connection: socket.socket, size: int, deadline: float | None) -> bytes:
    found = bytearray()
    while len(found) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
        chunk = connection.recv(min(CHUNK, size - len(found)))
        if not chunk:
            raise EOFError
        found += chunk
    return bytes(found)
