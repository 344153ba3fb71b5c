"""Users, rooms, who is in them, what was said, and who is connected."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common import accounts, clock
from common.database import make_db

db = make_db()


class User(accounts.UserMixin, db.Model):
    """Somebody who chats."""

    last_seen: Mapped[datetime | None]


class Room(db.Model):
    """A room, or the conversation of two: then ``direct_key`` says whose, and is unique."""

    __table_args__ = (
        Index(None, "last_id", "id"),
        Index(None, "private"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    private: Mapped[bool]
    direct_key: Mapped[str | None] = mapped_column(
        String(40),
        unique=True,
    )
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    """Who may show others out; nobody's where nobody is in the room, or it is of two."""
    last_id: Mapped[int] = mapped_column(default=0)
    """The id of its last message. Who writes a message locks this row: see ``rooms.deliver``."""


class Member(db.Model):
    """Somebody in a room, and how far they have got and read its messages."""

    __table_args__ = (CheckConstraint("read_id <= delivered_id", name="read_is_delivered"),)

    room_id: Mapped[int] = mapped_column(
        ForeignKey(Room.id),
        primary_key=True,
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey(User.id),
        primary_key=True,
        index=True,
    )
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)
    delivered_id: Mapped[int] = mapped_column(default=0)
    read_id: Mapped[int] = mapped_column(default=0)


class Message(db.Model):
    """What somebody said. ``client_id`` is the sender's own name for it: it makes repeats safe."""

    __table_args__ = (
        UniqueConstraint("room_id", "sender_id", "client_id"),
        Index(None, "room_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey(Room.id))
    sender_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    client_id: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(String(2000))
    sent_at: Mapped[datetime] = mapped_column(default=clock.now)


class Connection(db.Model):
    """An open WebSocket. One that has not been seen for a while belonged to a killed process."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey(User.id),
        index=True,
    )
    seen_at: Mapped[datetime] = mapped_column(index=True)
