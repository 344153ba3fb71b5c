"""The WebSocket's address, and who may connect."""

from contextlib import suppress

from flask import Blueprint, request
from flask_sock import Sock  # type: ignore[import-untyped]
from simple_websocket import Server  # type: ignore[import-untyped]

from common import events
from common.accounts import current_user, login_required
from common.errors import Problem

from .connection import Connection

LARGEST_MESSAGE = 2**20  # bytes; up to here a frame that is too large is answered, then it ends

bp = Blueprint("sockets", __name__)
echo_bp = Blueprint("echo", __name__)
sock = Sock()


@bp.before_request
@login_required
def check_handshake() -> None:
    """Let in who is logged in (401) and comes from a page of our own (403).

    Browsers send cookies along with any page's WebSockets, and ask nobody: without this check a
    page of a stranger could chat in the name of whoever looks at it.
    """
    if request.headers.get("Origin", "").lower() != request.host_url.rstrip("/").lower():
        raise Problem(403, "WebSockets are for pages of this site: send its Origin.")


@sock.route("/ws", bp=bp)  # type: ignore[untyped-decorator]
def chat(ws: Server) -> None:
    """Serve one connection, for all rooms of a user, until it ends."""
    ws.max_message_size = LARGEST_MESSAGE
    hold = request.args.get("hold") == "true"
    with suppress(events.Lost):  # without Redis there is no chat; the client tries again
        Connection(ws, current_user.id, current_user.username, hold).run()


@sock.route("/ws/echo", bp=echo_bp)  # type: ignore[untyped-decorator]
def echo(ws: Server) -> None:
    """Send back what comes, text as text and bytes as bytes."""
    while True:
        ws.send(ws.receive())
