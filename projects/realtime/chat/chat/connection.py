"""One WebSocket of a user: what it asks for, and what is for it.

All that is written goes through one queue, the connection's subscription: the answers to its own
frames, and the events of its rooms. So it has one order, and only one thread writes
(``websockets.converse``).
"""

import uuid
from dataclasses import dataclass, field

from pydantic_core import to_json
from simple_websocket import Server  # type: ignore[import-untyped]
from sqlalchemy import select

from common import clock
from common.database import release
from common.live import events, websockets

from . import presence, protocol, rooms
from .models import User, db
from .protocol import Frame, FrameError

OWN = ""  # the channel of what only this connection gets
FORBIDDEN = FrameError("forbidden", "You are in no such room.")
REUSED = FrameError("reused", "This client_id was used for another message.")


@dataclass
class Connection:
    """A user's WebSocket; with ``hold``, live messages of a room wait for its ``resume``."""

    ws: Server
    user_id: int
    username: str
    hold: bool
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    window: protocol.Window = field(default_factory=protocol.Window)
    starts: dict[int, int] = field(default_factory=dict)
    """For each room the id after which messages come live."""
    seen: dict[int, int] = field(default_factory=dict)
    """For each room the id up to which the client has got all; none: it has to resume first."""

    def run(self) -> None:
        """Serve the client until one of the two ends it."""
        with self.subscribe() as self.feed:
            hello = self.hello()
            websockets.converse(self.ws, self.feed, self, greeting=hello)
        is_offline = presence.leave(self.user_id, self.id)
        db.session.commit()
        if is_offline:
            announce(self.user_id, online=False)

    def subscribe(self) -> events.Subscription:
        """Listen to the user's rooms, and only then look where each of them stands."""
        feed = events.subscribe("presence", f"user:{self.user_id}")
        before = rooms.positions(self.user_id)
        for room in before:
            feed.add(f"room:{room}")
        release()  # or we would see the rooms once more as they were
        for room, last_id in rooms.positions(self.user_id).items():
            if room in before:  # of a new one ``join`` is told
                self.starts[room] = last_id
        release()
        if not self.hold:
            self.seen = dict(self.starts)
        return feed

    def hello(self) -> str:
        """Return the first frame."""
        standing = []
        for room, last_id in self.starts.items():
            standing.append({"room": room, "last_id": last_id})
        frame = {
            "type": "hello",
            "username": self.username,
            "rooms": standing,
        }
        return to_json(frame).decode()

    def beat(self) -> None:
        """Be seen, and look who is not any more."""
        is_online = presence.arrive(self.user_id, self.id)
        db.session.commit()
        if is_online:
            announce(self.user_id, online=True)
        stale = presence.stale()
        release()
        for row in stale:
            is_offline = presence.leave(row.user_id, row.id, row.seen_at)
            db.session.commit()
            if is_offline:
                announce(row.user_id, online=False)

    # What the client sends

    def answer(self, message: str | bytes) -> None:
        """Do what a frame asks for; whatever is wrong with it, the connection lives on."""
        about: Frame = {}  # what the frame was, for the error frame
        try:
            frame = protocol.parse(message)
            about = frame.model_dump(include={"room", "client_id"})
            self.obey(frame)
        except FrameError as error:
            self.refuse(error, about)
        except rooms.NotAMember:
            self.refuse(FORBIDDEN, about)
        except rooms.Reused:
            self.refuse(REUSED, about)

    def obey(self, frame: protocol.AnyFrame) -> None:
        """Do what a good frame asks for."""
        match frame:
            case protocol.Send():
                self.window.check(clock.now())
                self.send(frame)
            case protocol.Mark():
                self.mark(frame)
            case protocol.Resume():
                self.feed.put(OWN, {"frame": frame.model_dump()})

    def refuse(self, error: FrameError, about: Frame) -> None:
        """Answer with an error frame, and leave everything as it was."""
        db.session.rollback()
        frame = error.frame | about
        self.feed.put(OWN, {"frame": frame})

    def send(self, frame: protocol.Send) -> None:
        """Store a message, acknowledge it, and tell the room, in this order.

        A repeat is told, too: perhaps we were killed before we could tell it the first time. Who
        has got it already passes it over.
        """
        message, previous = rooms.deliver(
            self.user_id,
            frame.room,
            frame.body,
            frame.client_id,
        )
        db.session.commit()
        ack = {
            "type": "ack",
            "client_id": frame.client_id,
            "room": frame.room,
            "id": message.id,
            "sent_at": message.sent_at,
        }
        self.feed.put(OWN, {"frame": ack})
        told = {"type": "message", **message._mapping}
        events.publish(f"room:{frame.room}", {"frame": told, "previous": previous})

    def mark(self, frame: protocol.Mark) -> None:
        """Tell the room how far its member has got or read."""
        is_news = rooms.mark(
            self.user_id,
            frame.room,
            frame.type,
            frame.id,
        )
        db.session.commit()
        if is_news:
            told = {**frame.model_dump(), "username": self.username}
            events.publish(f"room:{frame.room}", {"frame": told})

    # What is for the client

    def pass_on(self, event: events.Event) -> None:
        """Send what is for this client and still news."""
        frame: Frame = event.data["frame"]
        is_me = frame.get("username") == self.username
        match frame["type"]:
            case "resume":  # of our own client, waiting for its turn
                self.resume(frame["room"], frame["after"])
            case "message":
                self.pass_message(frame, event.data["previous"])
            case "joined" if is_me:
                if event.channel.startswith("user:"):  # it is told in the room as well
                    self.join(frame)
            case "left" if is_me:
                if event.channel.startswith("user:"):
                    self.leave(frame)
            case "presence":
                is_near = any(room in self.starts for room in event.data["rooms"])
                if is_near and not is_me:
                    self.tell(frame)
            case _:
                self.tell(frame)

    def pass_message(self, frame: Frame, previous: int) -> None:
        """Send a live message once, and never before one that precedes it in its room."""
        room = frame["room"]
        seen = self.seen.get(room)
        if seen is None:  # not in the room, or held
            return
        if frame["id"] <= seen:  # sent already
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
            self.tell({**FORBIDDEN.frame, "room": room})
            return
        self.send_missed(room, after, start + 1)
        if room not in self.seen:
            self.seen[room] = self.send_missed(room, start)
        self.tell({"type": "resumed", "room": room})

    def send_missed(self, room: int, after: int, before: int | None = None) -> int:
        """Send the messages between two ids page by page; return the id of the last one."""
        while True:
            page = rooms.missed(self.user_id, room, after, before)
            release()  # the client may be slow
            if not page:
                return after
            for message in page:
                self.tell({"type": "message", **message._mapping})
            after = page[-1].id

    def join(self, frame: Frame) -> None:
        """Follow the user into a room."""
        room = frame["room"]
        # Before the client is told: it then asks who is there, and must hear of all who come later.
        self.feed.add(f"room:{room}")
        self.tell(frame)
        if room not in self.starts:
            self.starts[room] = frame["last_id"]
            self.seen[room] = self.send_missed(room, frame["last_id"])

    def leave(self, frame: Frame) -> None:
        """Follow the user out of a room."""
        room = frame["room"]
        self.feed.remove(f"room:{room}")
        self.starts.pop(room, None)
        self.seen.pop(room, None)
        self.tell(frame)

    def tell(self, frame: Frame) -> None:
        """Send a frame; for the writer's thread alone."""
        self.ws.send(to_json(frame).decode())


def announce(user_id: int, *, online: bool) -> None:
    """Tell those who share a room with a user that the user has come or gone."""
    columns = select(User.username, User.last_seen)
    statement = columns.where(User.id == user_id)
    user = db.session.execute(statement).one()
    room_ids = list(rooms.positions(user_id))
    release()
    frame = {"type": "presence", "online": online, **user._mapping}
    events.publish("presence", {"frame": frame, "rooms": room_ids})
