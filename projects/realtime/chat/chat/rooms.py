"""What is stored: rooms, who is in them, and messages in one order for everybody."""

from typing import Any

from sqlalchemy import Row, Select, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from .models import Member, Message, Room, User, db

PAGE = 100  # messages that are read at once


class NotAMember(Exception):
    """The user is not in the room, or there is no such room."""


def deliver(sender_id: int, room_id: int, body: str, client_id: str) -> tuple[Row[Any], int]:
    """Store a message in a room, commit, and return it with the id of the one before it.

    The message is a row of `messages`. The other id is 0 if it is the room's first: who has the
    messages up to that id misses nothing but this one.

    Raises NotAMember, and stores nothing, if the sender is not in the room. If the sender has sent
    something to this room under this ``client_id`` before, nothing is stored and that message is
    returned, with its own id: a client that got no answer may ask again.

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
    is_this = (Message.sender_id == sender_id) & (Message.client_id == client_id)
    this = messages(sender_id, room_id).where(is_this)
    known = db.session.execute(this).one_or_none()
    if known is not None:
        db.session.rollback()
        return known, known.id
    message = Message(room_id=room_id, sender_id=sender_id, client_id=client_id, body=body)
    db.session.add(message)
    db.session.flush()
    db.session.execute(update(Room).where(Room.id == room_id).values(last_id=message.id))
    stored = db.session.execute(this).one()
    db.session.commit()
    return stored, previous


def missed(
    user_id: int, room_id: int, after: int | None, before: int | None = None, limit: int = PAGE
) -> list[Row[Any]]:
    """Return messages of a room, the oldest first, ``limit`` at most; each is a row of `messages`.

    They are the first ones with an id above ``after``: what somebody has missed who has all up to
    that id. Without it they are the last ones. None has the id ``before`` or one above, if that is
    given. Who is not in the room gets none.
    """
    wanted = messages(user_id, room_id)
    if before is not None:
        wanted = wanted.where(Message.id < before)
    if after is None:
        return [*db.session.execute(wanted.order_by(Message.id.desc()).limit(limit))][::-1]
    return [*db.session.execute(wanted.where(Message.id > after).order_by(Message.id).limit(limit))]


def messages(user_id: int, room_id: int) -> Select[*tuple[Any, ...]]:
    """Return the query for a room's messages: id, room, sender (a name), body, sent_at.

    It finds nothing for somebody who is not in the room.
    """
    is_inside = exists().where(Member.room_id == room_id, Member.user_id == user_id)
    names = (Message.room_id.label("room"), User.username.label("sender"))
    found = select(Message.id, *names, Message.body, Message.sent_at).join_from(Message, User)
    return found.where(Message.room_id == room_id, is_inside)


def mark(user_id: int, room_id: int, kind: str, message_id: int) -> bool:
    """Note that a member has got ("delivered") or read ("read") all up to a message; commit.

    Returns whether that is news: a mark only moves forward, and to no message that is still to
    come. Who has read has got. Raises NotAMember.
    """
    if kind == "read":
        mark(user_id, room_id, "delivered", message_id)
    mine = (Member.room_id == room_id) & (Member.user_id == user_id)
    is_there = exists().where(Room.id == room_id, Room.last_id >= message_id)
    column = Member.read_id if kind == "read" else Member.delivered_id
    change = update(Member).where(mine, column < message_id, is_there)
    moved = change.values({column: message_id}).returning(Member.user_id)
    is_news = db.session.scalar(moved) is not None
    is_inside = is_news or db.session.scalar(select(Member.user_id).where(mine)) is not None
    db.session.commit()  # last of all: what begins by reading may not write, on SQLite
    if not is_inside:
        raise NotAMember
    return is_news


def positions(user_id: int) -> dict[int, int]:
    """Return the id of the last message in each of a user's rooms."""
    mine = select(Room.id, Room.last_id).join(Member).where(Member.user_id == user_id)
    return {row.id: row.last_id for row in db.session.execute(mine)}


def create(room: Room, *user_ids: int) -> Room:
    """Store a new room and its first members."""
    db.session.add(room)
    db.session.flush()
    db.session.add_all(Member(room_id=room.id, user_id=user_id) for user_id in user_ids)
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
    first, second = sorted((one.id, other.id))
    key = f"{first}:{second}"
    name = " & ".join(sorted((one.username, other.username)))
    try:
        return create(Room(name=name, private=True, direct_key=key), first, second), True
    except IntegrityError:  # it is there, or the other one was just now quicker
        db.session.rollback()
        return db.session.scalars(select(Room).filter_by(direct_key=key)).one(), False
