"""What is stored: rooms, who is in them, and messages in one order for everybody.

Nothing here commits: who calls does, once, and tells others only then.
"""

from typing import Any

from sqlalchemy import Row, Select, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute

from common.database import insert

from .models import Member, Message, Room, User, db

PAGE = 100  # messages that are read at once


class NotAMember(Exception):
    """The user is not in the room, or there is no such room."""


class Reused(Exception):
    """The client has used this ``client_id`` for another message."""


def deliver(
    sender_id: int,
    room_id: int,
    body: str,
    client_id: str,
) -> tuple[Row[Any], int]:
    """Store a message in a room, and return it with the id of the one before it.

    The message is a row of `messages`. The other id is 0 if it is the room's first: who has the
    messages up to that id misses nothing but this one.

    Raises NotAMember, and stores nothing, if the sender is not in the room. If the sender has sent
    this to this room under this ``client_id`` before, nothing is stored and that message is
    returned, with its own id: a client that got no answer may ask again. If it was another text,
    raises Reused.

    Ids grow in the order in which the messages of a room are committed: whoever has seen message 8
    of a room will never have to look for a message 7 that was slower. For this a sender locks the
    row of the room first (an UPDATE does, on SQLite as on PostgreSQL) and leaves the new id in
    ``Room.last_id``.
    """
    is_inside = exists().where(
        Member.room_id == Room.id,
        Member.user_id == sender_id,
    )
    lock = update(Room).where(Room.id == room_id, is_inside)
    lock = lock.values(last_id=Room.last_id).returning(Room.last_id)
    previous = db.session.scalar(lock)
    if previous is None:
        raise NotAMember
    statement = messages(sender_id, room_id).where(
        Message.sender_id == sender_id,
        Message.client_id == client_id,
    )
    known = db.session.execute(statement).one_or_none()
    if known is not None:
        if known.body != body:
            raise Reused
        return known, known.id
    message = Message(
        room_id=room_id,
        sender_id=sender_id,
        client_id=client_id,
        body=body,
    )
    db.session.add(message)
    db.session.flush()
    news = update(Room).where(Room.id == room_id)
    db.session.execute(news.values(last_id=message.id))
    return db.session.execute(statement).one(), previous


def missed(
    user_id: int,
    room_id: int,
    after: int | None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Row[Any]]:
    """Return messages of a room, the oldest first, ``limit`` at most; each is a row of `messages`.

    They are the first ones with an id above ``after``: what somebody has missed who has all up to
    that id. Without it they are the last ones. None has the id ``before`` or one above, if that is
    given. Who is not in the room gets none.
    """
    statement = messages(user_id, room_id).limit(limit)
    if before is not None:
        statement = statement.where(Message.id < before)
    if after is not None:
        statement = statement.where(Message.id > after).order_by(Message.id)
        return list(db.session.execute(statement))
    statement = statement.order_by(Message.id.desc())
    rows = list(db.session.execute(statement))
    rows.reverse()
    return rows


def messages(user_id: int, room_id: int) -> Select[*tuple[Any, ...]]:
    """Return the query for a room's messages: id, room, sender (a name), body, sent_at.

    It finds nothing for somebody who is not in the room.
    """
    columns = select(
        Message.id,
        Message.room_id.label("room"),
        User.username.label("sender"),
        Message.body,
        Message.sent_at,
    )
    is_inside = exists().where(
        Member.room_id == room_id,
        Member.user_id == user_id,
    )
    return columns.join_from(Message, User).where(
        Message.room_id == room_id,
        is_inside,
    )


def mark(user_id: int, room_id: int, kind: str, message_id: int) -> bool:
    """Note that a member has got ("delivered") or read ("read") all up to a message.

    Returns whether that is news: a mark only moves forward, and to no message that is still to
    come. Who has read has got. Raises NotAMember.
    """
    is_news = move_mark(Member.delivered_id, user_id, room_id, message_id)
    if kind == "read":
        is_news = move_mark(Member.read_id, user_id, room_id, message_id)
    if is_news:
        return True
    # Last of all: a transaction of a GET, which a WebSocket is, may not write after it has read.
    if db.session.get(Member, (room_id, user_id)) is None:
        raise NotAMember
    return False


def move_mark(
    column: InstrumentedAttribute[int],
    user_id: int,
    room_id: int,
    message_id: int,
) -> bool:
    """Move one mark of a member forward; tell whether it moved."""
    has_message = exists().where(Room.id == room_id, Room.last_id >= message_id)
    statement = update(Member).where(
        Member.room_id == room_id,
        Member.user_id == user_id,
        column < message_id,
        has_message,
    )
    statement = statement.values({column: message_id})
    return db.session.scalar(statement.returning(Member.user_id)) is not None


def positions(user_id: int) -> dict[int, int]:
    """Return the id of the last message in each of a user's rooms."""
    columns = select(Room.id, Room.last_id)
    statement = columns.join(Member).where(Member.user_id == user_id)
    last_ids = {}
    for row in db.session.execute(statement):
        last_ids[row.id] = row.last_id
    return last_ids


def create(name: str, owner_id: int, *, private: bool = False) -> Room:
    """Make a room whose first member and owner is this user."""
    room = Room(name=name, private=private, owner_id=owner_id)
    db.session.add(room)
    db.session.flush()
    add(room, owner_id)
    return room


def lock(room_id: int) -> Room:
    """Return a room into which and out of which nobody else goes until we commit."""
    return db.session.get_one(Room, room_id, with_for_update=True)


def add(room: Room, user_id: int) -> bool:
    """Let somebody into a locked room, who has read all so far; tell whether they were outside.

    A room that is nobody's becomes theirs.
    """
    statement = insert(db, Member).values(
        room_id=room.id,
        user_id=user_id,
        delivered_id=room.last_id,
        read_id=room.last_id,
    )
    added = statement.on_conflict_do_nothing().returning(Member.user_id)
    is_new = db.session.scalar(added) is not None
    if room.owner_id is None and room.direct_key is None:
        room.owner_id = user_id
    return is_new


def remove(room: Room, user_id: int) -> bool:
    """Take somebody out of a locked room; tell whether they were inside.

    If it was theirs, it is now the longest member's: somebody must be able to show others out.
    """
    member = db.session.get(Member, (room.id, user_id))
    if member is None:
        return False
    db.session.delete(member)
    db.session.flush()
    if room.owner_id == user_id:
        room.owner_id = longest_member(room.id)
    return True


def longest_member(room_id: int) -> int | None:
    """Return who has been in a room longest, the first to register of two who came at once."""
    statement = select(Member.user_id).where(Member.room_id == room_id)
    statement = statement.order_by(Member.joined_at, Member.user_id)
    return db.session.scalar(statement.limit(1))


def direct(one: User, other: User) -> tuple[int, bool]:
    """Return the id of the room of two users, and whether it is new, whoever starts it."""
    user_ids = sorted([one.id, other.id])
    key = f"{user_ids[0]}:{user_ids[1]}"
    names = sorted([one.username, other.username])
    statement = insert(db, Room).values(
        name=" & ".join(names),
        private=True,
        direct_key=key,
    )
    statement = statement.on_conflict_do_nothing().returning(Room.id)
    room_id = db.session.scalar(statement)
    if room_id is None:  # it is there, or the other one was just now quicker
        first_made = select(Room.id).filter_by(direct_key=key)
        room_id = db.session.scalars(first_made).one()
        return room_id, False
    for user_id in user_ids:
        db.session.add(Member(room_id=room_id, user_id=user_id))
    return room_id, True
