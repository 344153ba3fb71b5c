"""WebSockets by Flask-Sock: who may connect, and a conversation that nobody can hold up.

A project's ``Settings`` have ``WebSocketSettings`` among their bases, its ``create_app`` calls
``websockets.init_app(app)`` after ``common.init_app``, and then::

    @websockets.route("/ws", bp=bp)
    def chat(ws: Server) -> None:  # of simple_websocket
        with websockets.subscribe(ws, "room:1") as feed:
            websockets.converse(ws, feed, Talker(ws, feed))

- **Who may connect.** Browsers send cookies along with any page's WebSockets, and no CORS asks. So
  every WebSocket but the echo is for pages of this site: its ``Origin`` has to be ours, or the
  answer is 403. Programs send it as well.
- **Who is gone.** A client that answers to no ping for `PING` seconds is let go.
- **Who is too slow.** At most `LIMIT` events wait for a client, then it is cut off, and comes back.
  The others wait for nobody.

With ``WS_ECHO=1``, ``/ws/echo`` sends back what it gets, to everybody: to test clients and proxies.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from typing import Any, Protocol

from flask import Blueprint, Flask, copy_current_request_context, current_app, request
from flask_sock import Sock  # type: ignore[import-untyped]  # it has no hints
from pydantic import Field
from simple_websocket import ConnectionClosed, Server  # type: ignore[import-untyped]  # nor has it
from wsproto.frame_protocol import CloseReason

from common.errors import Problem
from common.live import events
from common.settings import Settings

PING = 25  # seconds
LARGEST = 2**20  # bytes of a message; a client that sends more is let go, with code 1009
LIMIT = 200  # events that may wait for a client
BACKLOG = 100  # messages of a client that may wait for us; then we leave
BEAT = 20.0  # seconds
GOODBYE = 1.0  # seconds that the writer of a conversation has to end by itself

echo_bp = Blueprint("websockets", __name__)
sock = Sock()


class WebSocketSettings(Settings):
    """The settings of a project with WebSockets."""

    ws_echo: bool = Field(False, description="1 adds /ws/echo, which sends back what it gets.")


class Talker(Protocol):
    """Our side of a conversation; each call has an application context, and so a session."""

    def answer(self, message: str | bytes) -> None:
        """Work on a message of the client. Give answers to the feed: ``feed.put``."""

    def pass_on(self, event: events.Event) -> None:
        """Send the client what an event means for it; nothing else may write to the WebSocket."""

    def beat(self) -> None:
        """Do what is to be done at the beginning and about every `BEAT` seconds after that."""


def init_app(app: Flask, guard: Callable[..., Callable[[], None]] | None = None) -> None:
    """Give ``app`` WebSockets.

    ``guard`` decorates the check of each handshake as it would a view: ``login_required`` does.
    """
    check = guard(check_origin) if guard else check_origin

    @app.before_request
    def check_handshake() -> None:
        rule = request.url_rule
        if rule is not None and rule.websocket and request.blueprint != echo_bp.name:
            check()

    options = {"ping_interval": PING, "max_message_size": LARGEST}
    app.config.setdefault("SOCK_SERVER_OPTIONS", options)
    if app.config["WS_ECHO"]:
        app.register_blueprint(echo_bp)


def check_origin() -> None:
    """Raise the 403 unless the request comes from a page of this site."""
    if request.headers.get("Origin", "").lower() != request.host_url.rstrip("/").lower():
        raise Problem(403, "WebSockets are for pages of this site: send its Origin.")


def route(path: str, bp: Blueprint) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a view that gets the open WebSocket first; when it returns, the WebSocket closes.

    If it raises, the client is told 1011, and the exception is an application's as any other.
    """

    def decorate(view: Callable[..., None]) -> Callable[..., None]:
        @wraps(view)
        def closing(ws: Server, *arguments: Any, **names: Any) -> None:
            reason = CloseReason.INTERNAL_ERROR
            try:
                with suppress(ConnectionClosed):
                    view(ws, *arguments, **names)
                reason = CloseReason.NORMAL_CLOSURE
            finally:
                with suppress(ConnectionClosed, OSError):
                    ws.close(reason)
                cut(ws)  # and wait until its thread has seen it: else it sits there for `PING`
                ws.thread.join()

        sock.route(path, bp=bp)(closing)
        return view

    return decorate


@route("/ws/echo", bp=echo_bp)
def echo(ws: Server) -> None:
    """Send back what comes, text as text and bytes as bytes, of any size."""
    ws.max_message_size = None
    while True:
        ws.send(ws.receive())


def subscribe(ws: Server, *channels: str, limit: int = LIMIT) -> events.Subscription:
    """Listen to channels for a client, who is cut off when it cannot keep up with them.

    Where Redis does not answer, it is cut off, too, and ConnectionClosed ends the view.
    """
    try:
        return events.subscribe(*channels, limit=limit, on_lost=partial(cut, ws))
    except events.Lost:
        cut(ws)
        raise ConnectionClosed from None


def converse(
    ws: Server,
    feed: events.Subscription,
    talker: Talker,
    *,
    greeting: str = "",
    every: float = BEAT,
) -> None:
    """Serve a WebSocket until one side ends it: answer here, and pass on in another thread.

    After the first beat, and before any event, the client gets the ``greeting``. All that follows
    goes through ``feed``, the answers to the client as well: then it has one order, and only one
    thread writes. If a beat fails, that is logged and the conversation goes on. If anything else
    does, the client is cut off: it comes back, says again what has not been answered, and asks for
    what it has not got.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # as documented

    def attempt(call: Callable[..., None], *arguments: Any) -> bool:
        try:
            with app.app_context():
                call(*arguments)
        except (events.Lost, ConnectionClosed, OSError):
            return False
        except Exception:
            app.logger.exception("in a conversation over a WebSocket")
            return False
        return True

    def write() -> None:
        with suppress(events.Lost):
            for event in feed:
                if event is not None and not attempt(talker.pass_on, event):
                    break
            else:
                return  # closed by the reader
        cut(ws)

    attempt(talker.beat)
    if greeting and not attempt(ws.send, greeting):
        return
    name = "websockets.converse"
    writer = threading.Thread(target=copy_current_request_context(write), name=name)
    writer.start()
    due = time.monotonic() + every
    with suppress(ConnectionClosed):
        while len(ws.input_buffer) <= BACKLOG:
            if time.monotonic() >= due:
                attempt(talker.beat)
                due = time.monotonic() + every
            message = ws.receive(timeout=max(0, due - time.monotonic()))
            if message is not None and not attempt(talker.answer, message):
                break
    feed.close()
    writer.join(GOODBYE)
    if writer.is_alive():  # stuck: the client does not read
        cut(ws)
        writer.join()


def cut(ws: Server) -> None:
    """End a WebSocket at once, from whatever thread: nobody stays in a read or a write."""
    with suppress(OSError):
        ws.sock.shutdown(socket.SHUT_RDWR)
