"""One WebSocket: a thread that reads what the client sends, and one that writes what is for it.

All that is written goes through one queue, the connection's subscription: the answers to its own
frames, and the events of its rooms. So it has one order, and only one thread writes.
"""

import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress

from flask import copy_current_request_context, current_app
from simple_websocket import ConnectionClosed, Server  # type: ignore[import-untyped]
from sqlalchemy import select

from common import clock, events

from . import presence, rooms
from .models import User, db
from .protocol import (
    Frame,
    FrameError,
    Mark,
    Resume,
    Send,
    Window,
    dump,
    message_frame,
    parse,
    presence_frame,
)

WAITING = 200  # frames that may wait for a slow client before it is cut off
BACKLOG = 100  # frames of a client that may wait for us
OWN = ""  # the channel of what only this connection gets
POLICY_VIOLATION = 1008  # RFC 6455
GOODBYE = 1  # seconds that the other thread has to end by itself
FORBIDDEN = FrameError("forbidden", "You are in no such room.")
UNAVAILABLE = FrameError("unavailable", "Something went wrong here; try again.")


class Connection:
    """A user's WebSocket."""

    def __init__(self, ws: Server, user_id: int, username: str, *, hold: bool) -> None:
        self.ws = ws
        self.id = uuid.uuid4().hex
        self.user_id = user_id
        self.username = username
        self.hold = hold  # live messages of a room wait for its ``resume``
        self.window = Window()
        self.starts: dict[int, int] = {}
        """For each room the id from which on messages come live."""
        self.seen: dict[int, int | None] = {}
        """For each room the id up to which the client has got all; None: it has to resume first."""

    def run(self) -> None:
        """Serve the client until one of the two ends it."""
        with suppress(events.Lost), self.subscribe() as self.feed:
            write = copy_current_request_context(self.write)
            writer = threading.Thread(target=write, name=f"chat writer of {self.username}")
            writer.start()
            try:
                self.note(self.beat)
                self.read()
            finally:
                self.feed.close()
                writer.join(GOODBYE)
                self.cut()  # a writer that is still there is stuck: the client does not read
                writer.join()
                self.note(self.leave)

    def subscribe(self) -> events.Subscription:
        """Listen to the user's rooms, and only then look where each of them stands."""
        feed = events.subscribe(f"user:{self.user_id}", limit=WAITING, on_lost=self.cut)
        for room_id in rooms.positions(self.user_id):
            feed.add(f"room:{room_id}")
        db.session.rollback()
        self.starts = rooms.positions(self.user_id)
        self.seen = {room: None if self.hold else last for room, last in self.starts.items()}
        db.session.rollback()
        standing = [{"room": room, "last_id": last} for room, last in self.starts.items()]
        hello = {"type": "hello", "username": self.username, "rooms": standing}
        feed.put(OWN, {"frame": hello})
        return feed

    def cut(self) -> None:
        """End the connection at once, from whatever thread: nobody stays in a read or a write."""
        with suppress(OSError):
            self.ws.sock.shutdown(socket.SHUT_RDWR)

    # What the client sends

    def read(self) -> None:
        """Answer the client's frames until it goes, and be seen from time to time."""
        beat = presence.BEAT.total_seconds()
        due = time.monotonic() + beat
        with suppress(ConnectionClosed):
            while True:
                message = self.ws.receive(timeout=max(0, due - time.monotonic()))
                if message is not None:
                    self.answer(message)
                if len(self.ws.input_buffer) > BACKLOG:
                    self.ws.close(POLICY_VIOLATION, "Too many frames at once")
                    return
                if time.monotonic() >= due:
                    due = time.monotonic() + beat
                    self.note(self.beat)

    def beat(self) -> None:
        """Be seen, and look who is not any more."""
        if presence.arrive(self.user_id, self.id):
            announce(self.user_id, online=True)
        for user_id in presence.sweep():
            announce(user_id, online=False)

    def leave(self) -> None:
        """Be seen no longer."""
        if presence.leave(self.user_id, self.id):
            announce(self.user_id, online=False)

    def note(self, change: Callable[[], None]) -> None:
        """Do what concerns presence; if it fails, there is still the chat."""
        try:
            change()
        except Exception:
            current_app.logger.exception("presence could not be noted")
        finally:
            db.session.remove()

    def answer(self, message: str | bytes) -> None:
        """Do what a frame asks for; whatever is wrong with it, the connection lives on."""
        about: Frame = {}  # what the frame was, for the error frame
        try:
            frame = parse(message)
            about = {"room": frame.room}
            if isinstance(frame, Send):
                about["client_id"] = frame.client_id
                self.window.check(clock.now())
                self.send(frame)
            elif isinstance(frame, Mark):
                self.mark(frame)
            else:
                self.feed.put(OWN, frame)
        except FrameError as error:
            self.feed.put(OWN, {"frame": error.frame | about})
        except rooms.NotAMember:
            self.feed.put(OWN, {"frame": FORBIDDEN.frame | about})
        except Exception:
            current_app.logger.exception("a frame could not be worked on")
            self.feed.put(OWN, {"frame": UNAVAILABLE.frame | about})
        finally:
            db.session.remove()

    def send(self, frame: Send) -> None:
        """Store a message, acknowledge it, and tell the room, in this order.

        A repeat is told, too: perhaps we were killed before we could tell it the first time. Who
        has got it already passes it over.
        """
        made = rooms.deliver(self.user_id, frame.room, frame.body, frame.client_id)
        told = message_frame(made.message, self.username)
        ack = {"type": "ack", "client_id": frame.client_id}
        self.feed.put(
            OWN, {"frame": ack | {name: told[name] for name in ("room", "id", "sent_at")}}
        )
        events.publish(f"room:{frame.room}", {"frame": told, "previous": made.previous})

    def mark(self, frame: Mark) -> None:
        """Tell the room how far its member has got or read."""
        if rooms.mark(self.user_id, frame.room, frame.type, frame.id):
            told = {"type": frame.type, "room": frame.room, "username": self.username}
            events.publish(f"room:{frame.room}", {"frame": told | {"id": frame.id}})

    # What is for the client

    def write(self) -> None:
        """Send what comes, until the subscription ends or the client is gone."""
        try:
            for event in self.feed:
                if event is not None:
                    self.pass_on(event)
        except (events.Lost, ConnectionClosed, OSError):
            self.cut()
        except Exception:
            current_app.logger.exception("the writer of a connection failed")
            self.cut()

    def pass_on(self, event: events.Event) -> None:
        """Send what is for this client and still news."""
        if isinstance(event.data, Resume):
            self.resume(event.data.room, event.data.after)
            return
        frame: Frame = event.data["frame"]
        is_me = frame.get("username") == self.username
        match frame["type"]:
            case "message":
                self.pass_message(frame, event.data["previous"])
            case "joined" | "left" if event.channel.startswith("user:"):
                self.move(frame)
            case "joined" | "left" if is_me:
                pass  # told on the user's own channel
            case "presence":
                first = next((room for room in event.data["rooms"] if room in self.seen), None)
                if not is_me and event.channel == f"room:{first}":  # once for all shared rooms
                    self.tell(frame)
            case _:
                self.tell(frame)

    def pass_message(self, frame: Frame, previous: int) -> None:
        """Send a live message once, and never before one that precedes it in its room."""
        room, seen = frame["room"], self.seen.get(frame["room"])
        if seen is None or frame["id"] <= seen:  # not in the room, or held; or sent already
            return
        if previous <= seen:
            self.tell(frame)
            self.seen[room] = frame["id"]
        else:  # another process was quicker to tell a later one: the database has both
            self.seen[room] = self.send_missed(room, seen)

    def resume(self, room: int, after: int) -> None:
        """Send what the client has missed in a room, then let live messages come."""
        start = self.starts.get(room)
        if start is None:
            self.tell(FORBIDDEN.frame | {"room": room})
            return
        self.send_missed(room, after, start)
        if self.seen[room] is None:
            self.seen[room] = self.send_missed(room, start)
        self.tell({"type": "resumed", "room": room})

    def send_missed(self, room: int, after: int, upto: int | None = None) -> int:
        """Send the messages between two ids page by page; return the id of the last one."""
        while page := rooms.missed(self.user_id, room, after, upto):
            db.session.rollback()
            for message in page:
                self.tell(message_frame(message, message.username))
                after = message.id
        db.session.rollback()
        return after

    def move(self, frame: Frame) -> None:
        """Follow the user into a room, or out of it."""
        room = frame["room"]
        self.tell(frame)
        if frame["type"] == "left":
            self.feed.remove(f"room:{room}")
            self.starts.pop(room, None)
            self.seen.pop(room, None)
        elif room not in self.starts:
            self.feed.add(f"room:{room}")
            self.starts[room] = frame["last_id"]
            self.seen[room] = self.send_missed(room, frame["last_id"])

    def tell(self, frame: Frame) -> None:
        """Send a frame; for the writer's thread alone."""
        self.ws.send(dump(frame))


def announce(user_id: int, *, online: bool) -> None:
    """Tell those who share a room with a user that the user has come or gone."""
    user = db.session.execute(select(User.username, User.last_seen).filter_by(id=user_id)).one()
    shared = sorted(rooms.positions(user_id))
    db.session.rollback()
    frame = presence_frame(user.username, online=online, last_seen=user.last_seen)
    for room in shared:
        events.publish(f"room:{room}", {"frame": frame, "rooms": shared})
