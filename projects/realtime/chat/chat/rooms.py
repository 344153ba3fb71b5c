"""What is stored: rooms, who is in them, and messages in one order for everybody."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, case, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from .models import Member, Message, Room, User, db

PAGE = 100  # messages that are read at once


class NotAMember(Exception):
    """The user is not in the room, or there is no such room."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored message."""

    message: Message
    previous: int
    """The id of the message before it in its room, 0 if it is the first: who has that one misses
    nothing. Of a repeat it is the message's own id."""
    is_new: bool
    """False if it had been stored before, under the same ``client_id``."""


def deliver(sender_id: int, room_id: int, body: str, client_id: str) -> Delivery:
    """Store a message in a room, commit, and return it.

    Raises NotAMember, and stores nothing, if the sender is not in the room. If the sender has sent
    something to this room under this ``client_id`` before, nothing is stored and that message is
    returned: a client that got no answer may ask again.

    Ids grow in the order in which the messages of a room are committed: whoever has seen message 8
    of a room will never have to look for a message 7 that was slower. For this a sender locks the
    row of the room first (an UPDATE does, on SQLite as on PostgreSQL) and leaves the new id in
    ``Room.last_id``.
    """
    is_inside = exists().where(Member.room_id == Room.id, Member.user_id == sender_id)
    lock = update(Room).where(Room.id == room_id, is_inside).values(last_id=Room.last_id)
    previous = db.session.scalar(lock.returning(Room.last_id))
    if previous is None:
        db.session.rollback()
        raise NotAMember
    name = {"room_id": room_id, "sender_id": sender_id, "client_id": client_id}
    known = db.session.scalar(select(Message).filter_by(**name))
    if known is not None:
        db.session.rollback()
        return Delivery(known, known.id, is_new=False)
    message = Message(**name, body=body)
    db.session.add(message)
    db.session.flush()
    db.session.execute(update(Room).where(Room.id == room_id).values(last_id=message.id))
    db.session.commit()
    return Delivery(message, previous, is_new=True)


def missed(
    user_id: int, room_id: int, after: int, upto: int | None = None, limit: int = PAGE
) -> list[Row[Any]]:
    """Return the messages of a room after the one with the id ``after``, the oldest first.

    They are the first ``limit`` of them, and none beyond the id ``upto`` if one is given. Each is a
    row of `messages`. Who is not in the room gets none.
    """
    wanted = messages(user_id, room_id).where(Message.id > after)
    if upto is not None:
        wanted = wanted.where(Message.id <= upto)
    return [*db.session.execute(wanted.order_by(Message.id).limit(limit))]


def latest(
    user_id: int, room_id: int, before: int | None = None, limit: int = PAGE
) -> list[Row[Any]]:
    """Return the last messages of a room, or the last before an id; the oldest first, too."""
    wanted = messages(user_id, room_id)
    if before is not None:
        wanted = wanted.where(Message.id < before)
    return [*db.session.execute(wanted.order_by(Message.id.desc()).limit(limit))][::-1]


def messages(user_id: int, room_id: int) -> Select[*tuple[Any, ...]]:
    """Return the query for a room's messages: id, room_id, username, body, sent_at.

    It finds nothing for somebody who is not in the room.
    """
    is_inside = exists().where(Member.room_id == room_id, Member.user_id == user_id)
    columns = (Message.id, Message.room_id, User.username, Message.body, Message.sent_at)
    return (
        select(*columns)
        .join(User, User.id == Message.sender_id)
        .where(Message.room_id == room_id, is_inside)
    )


def mark(user_id: int, room_id: int, kind: str, message_id: int) -> bool:
    """Note that a member has got ("delivered") or read ("read") all up to a message; commit.

    Returns whether that is news: a mark only moves forward, and to no message that is still to
    come. Who has read has got. Raises NotAMember.
    """
    column = Member.read_id if kind == "read" else Member.delivered_id
    later = case((Member.delivered_id > message_id, Member.delivered_id), else_=message_id)
    values = {"delivered_id": later} | ({"read_id": message_id} if kind == "read" else {})
    is_there = exists().where(Room.id == room_id, Room.last_id >= message_id)
    change = update(Member).where(
        Member.room_id == room_id, Member.user_id == user_id, column < message_id, is_there
    )
    moved = db.session.scalar(change.values(values).returning(Member.user_id)) is not None
    db.session.commit()
    if not moved and not is_member(user_id, room_id):
        raise NotAMember
    return moved


def positions(user_id: int) -> dict[int, int]:
    """Return the id of the last message in each of a user's rooms."""
    mine = select(Room.id, Room.last_id).join(Member).where(Member.user_id == user_id)
    return {row.id: row.last_id for row in db.session.execute(mine)}


def is_member(user_id: int, room_id: int) -> bool:
    """Tell whether a user is in a room."""
    return db.session.get(Member, (room_id, user_id), populate_existing=True) is not None


def create(owner_id: int, name: str, *, private: bool) -> Room:
    """Make a room with its first member."""
    room = Room(name=name, private=private, owner_id=owner_id)
    db.session.add(room)
    db.session.flush()
    db.session.add(Member(room_id=room.id, user_id=owner_id))
    db.session.commit()
    return room


def add(room_id: int, user_id: int, last_id: int) -> bool:
    """Let somebody in who has read all up to ``last_id``; tell whether they were outside."""
    standing = {"delivered_id": last_id, "read_id": last_id}
    try:
        db.session.execute(insert(Member).values(room_id=room_id, user_id=user_id, **standing))
        db.session.commit()
    except IntegrityError:  # inside already, or just now by another request
        db.session.rollback()
        return False
    return True


def direct(one: User, other: User) -> tuple[Room, bool]:
    """Return the room of two users, and whether it is new: there is one, whoever starts it."""
    pair = sorted((one, other), key=lambda user: user.id)
    key = f"{pair[0].id}:{pair[1].id}"
    name = " & ".join(sorted(user.username for user in pair))
    room = Room(name=name, private=True, direct_key=key)
    db.session.add(room)
    try:
        db.session.flush()
    except IntegrityError:  # it is there, or the other one was just now quicker
        db.session.rollback()
        return db.session.scalars(select(Room).filter_by(direct_key=key)).one(), False
    db.session.add_all(Member(room_id=room.id, user_id=user.id) for user in pair)
    db.session.commit()
    return room, True
