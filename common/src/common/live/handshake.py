"""The first request of a WebSocket: what is wrong with it is said in HTTP (RFC 6455, 4.2)."""

import base64
import binascii

from flask import Response, current_app, request
from werkzeug.routing.exceptions import WebsocketMismatch
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection
from wsproto.extensions import PerMessageDeflate
from wsproto.utilities import ProtocolError

from common.errors import Problem, answer

VERSION = "13"
KEY_BYTES = 16


def check() -> None:
    """Raise the 400 or 426 for a handshake that is none."""
    if request.method != "GET":
        raise Problem(400, "The handshake of a WebSocket is a GET.")
    version = request.headers.get("Sec-WebSocket-Version")
    if version is None:
        raise Problem(400, "The handshake lacks Sec-WebSocket-Version.")
    if version != VERSION:
        raise upgrade_required(f"Of the WebSocket protocol there is version {VERSION} here.")
    if not is_key(request.headers.get("Sec-WebSocket-Key", "")):
        raise Problem(400, f"Sec-WebSocket-Key has to be {KEY_BYTES} bytes in Base64.")
    check_readable()


def is_key(text: str) -> bool:
    """Tell whether a text is the key of a handshake: 16 bytes in Base64."""
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):  # the second for what is not ASCII
        return False


def check_readable() -> None:
    """Raise the 400 for what the library under us fails at, by letting it try."""
    lines = ["GET / HTTP/1.1"]
    for name, value in request.environ.items():
        if name.startswith("HTTP_"):
            lines.append(f"{name[5:].replace('_', '-')}: {value}")
    trial = WSConnection(ConnectionType.SERVER)
    try:
        trial.receive_data("\r\n".join([*lines, "", ""]).encode())
        list(trial.events())
        trial.send(AcceptConnection(extensions=[PerMessageDeflate()]))
    except (ProtocolError, ValueError):  # the second for an extension that it cannot read
        raise Problem(400, "The headers of this handshake cannot be read.") from None


def upgrade_required(detail: str) -> Problem:
    """Return the 426: come again, with the protocol that is spoken here."""
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": VERSION,
    }
    return Problem(426, detail, headers=headers)


def answer_mismatch(_error: WebsocketMismatch) -> Response:
    """Answer a plain request for a WebSocket's URL, or a handshake for a plain one."""
    if request.environ.get("HTTP_UPGRADE", "").lower() == "websocket":
        return answer(Problem(400, "There is no WebSocket at this URL."))
    if request.method == "OPTIONS":
        return current_app.make_default_options_response()
    return answer(upgrade_required("At this URL there is a WebSocket: begin with its handshake."))
