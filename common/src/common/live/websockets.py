"""WebSockets by Flask-Sock: who may connect, and a conversation that nobody can hold up.

A project's ``Settings`` have ``WebSocketSettings`` among their bases, its ``create_app`` calls
``websockets.init_app(app)`` after ``common.init_app``, and then::

    @websockets.route("/ws", bp=bp)
    def chat(ws: Server) -> None:  # of simple_websocket
        with events.subscribe("room:1") as feed:
            websockets.converse(ws, feed, Talker(ws, feed))

- **Who may connect.** Browsers send cookies along with any page's WebSockets, and no CORS asks. So
  every WebSocket but the echo is for pages of this site: its ``Origin`` has to be ours, or the
  answer is 403. Programs send it as well.
- **Who is gone.** A client that answers to no ping for `PING` seconds is let go.
- **Who is stuck.** A client whose socket takes nothing for some seconds (``wire.STUCK``) is let go,
  with code 1013, and comes back. The others wait for nobody. One that is slow, but reads, stays.
- **Who is behind.** While more than `BEHIND` events wait for a client, its own messages wait, too:
  a crowd that talks faster than it can be told slows itself down. What waits is bounded by that,
  and for one who says nothing by ``events.LIMIT``: then 1013.

With ``WS_ECHO=1``, ``/ws/echo`` sends back what it gets, to everybody: to test clients and proxies.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Protocol

from flask import Blueprint, Flask, copy_current_request_context, current_app, request
from flask_sock import Sock  # type: ignore[import-untyped]  # it has no hints
from pydantic import Field
from simple_websocket import ConnectionClosed, Server  # type: ignore[import-untyped]  # nor has it
from werkzeug.routing.exceptions import WebsocketMismatch
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

from common.errors import Problem
from common.live import events, handshake, wire
from common.settings import Settings

PING = 25  # seconds
LARGEST = 2**20  # bytes of a message; a client that sends more is let go, with code 1009
BACKLOG = 100  # messages of a client that may wait for us; then we read no more of them
BEHIND = 100  # events that may wait for a client; then we answer none of its messages
BEAT = 20.0  # seconds

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
    check_who = guard(check_origin) if guard else check_origin

    @app.before_request
    def check_handshake() -> None:
        rule = request.url_rule
        if rule is None or not rule.websocket or request.method == "OPTIONS":
            return
        handshake.check()
        if request.blueprint != echo_bp.name:
            check_who()
        wire.wrap(request.environ)

    app.register_error_handler(WebsocketMismatch, handshake.answer_mismatch)
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

    The client is told 1000. If the view raises, it is told 1011, and the exception is an
    application's as any other; but if it cannot be served just now (Lost, Stuck), 1013.
    """

    def decorate(view: Callable[..., None]) -> Callable[..., None]:
        @wraps(view)
        def closing(ws: Server, *arguments: Any, **names: Any) -> None:
            ws.sock.is_full = lambda: is_full(ws)
            ws.sock.on_close = ws.event.set  # simple-websocket forgets it after a 1009
            reason = CloseReason.INTERNAL_ERROR
            try:
                view(ws, *arguments, **names)
                reason = CloseReason.NORMAL_CLOSURE
            except (events.Lost, wire.Stuck):
                reason = CloseReason.TRY_AGAIN_LATER
            except (ConnectionClosed, wire.Gone):
                pass  # nobody is there to be told
            finally:
                end(ws, reason)

        sock.route(path, bp=bp)(closing)
        return view

    return decorate


def is_full(ws: Server) -> bool:
    """Tell whether enough messages of a client wait for us."""
    waiting = ws.input_buffer
    return len(waiting) > BACKLOG or sum(map(len, waiting)) > LARGEST


def end(ws: Server, reason: CloseReason) -> None:
    """Say good-bye, give the other side a moment to say it too, and hang up.

    If the client has said it first, its code has been answered already, and nothing is said here.
    """
    with suppress(ConnectionClosed, LocalProtocolError, OSError):
        ws.close(reason)
    ws.thread.join(wire.GOODBYE)
    if ws.thread.is_alive():
        ws.sock.cut()
        ws.thread.join()
    ws.sock.hang_up()


@route("/ws/echo", bp=echo_bp)
def echo(ws: Server) -> None:
    """Send back what comes, text as text and bytes as bytes, of any size."""
    ws.max_message_size = None
    while True:
        ws.send(ws.receive())


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
    does, the client is let go: it comes back, says again what has not been answered, and asks for
    what it has not got.
    """
    conversation = _Conversation(ws, feed, talker, every)
    conversation.beat()
    if greeting:
        ws.send(greeting)
    write = copy_current_request_context(conversation.write)
    writer = threading.Thread(target=write, name="websockets.converse")
    writer.start()
    try:
        conversation.read()
    finally:
        feed.close()
        writer.join()


class _Conversation:
    def __init__(self, ws: Server, feed: events.Subscription, talker: Talker, every: float) -> None:
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # as documented
        self._ws = ws
        self._feed = feed
        self._talker = talker
        self._every = every
        self._next_beat = time.monotonic() + every
        self._writes = True
        self._has_ended = False  # by us, that is
        self._keeps_up = threading.Event()

    def read(self) -> None:
        """Answer messages until there will be none; also those before the client's good-bye."""
        with suppress(ConnectionClosed):
            while not self._has_ended:
                if time.monotonic() >= self._next_beat:
                    self.beat()
                if self.is_behind():
                    self._keeps_up.wait(self._until_beat())
                    continue
                message = self._ws.receive(timeout=self._until_beat())
                if message is not None:
                    self._attempt(self._talker.answer, message)

    def is_behind(self) -> bool:
        """Tell whether the client has to be told a good deal before it may say more."""
        self._keeps_up.clear()  # before we count: else the writer might be done in between
        return self._writes and self._feed.waiting() > BEHIND

    def write(self) -> None:
        """Pass events on until there will be none."""
        try:
            for event in self._feed:
                if event is not None and not self._attempt(self._talker.pass_on, event):
                    break
                if self._feed.waiting() <= BEHIND:
                    self._keeps_up.set()
        except events.Lost:
            self._end(CloseReason.TRY_AGAIN_LATER)
        self._writes = False
        self._keeps_up.set()

    def beat(self) -> None:
        """Let the talker do what it does now and then."""
        self._next_beat = time.monotonic() + self._every
        try:
            with self._app.app_context():
                self._talker.beat()
        except Exception:
            self._app.logger.exception("in a beat of a WebSocket")

    def _until_beat(self) -> float:
        return max(0.0, self._next_beat - time.monotonic())

    def _attempt(self, call: Callable[..., None], argument: Any) -> bool:
        """Call the talker; if it fails, let the client go. Tell whether it goes on."""
        try:
            with self._app.app_context():
                call(argument)
        except (ConnectionClosed, wire.Gone):
            return False
        except (events.Lost, wire.Stuck):
            self._end(CloseReason.TRY_AGAIN_LATER)
        except Exception:
            self._app.logger.exception("in a conversation over a WebSocket")
            self._end(CloseReason.INTERNAL_ERROR)
        return not self._has_ended

    def _end(self, reason: CloseReason) -> None:
        self._has_ended = True
        end(self._ws, reason)
