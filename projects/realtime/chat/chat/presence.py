"""Who is online: users with at least one open connection, in whatever process it ends.

Connections are counted as rows, not in memory: a user may have a tab with each of two processes. A
process that is killed leaves its rows behind, so every connection is seen again and again
(each of its beats), and one that has not been seen for `STALE` is taken away by whoever notices.

To come and to go, a connection first locks the row of its user, until who calls commits. Two tabs
that close at once then close one after the other, and the second knows that it is the last.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Exists, Row, delete, exists, func, select, update

from common import clock
from common.live import websockets

from .models import Connection, User, db

STALE = timedelta(seconds=3 * websockets.BEAT + 5)  # three beats, and a little


def arrive(user_id: int, connection_id: str) -> bool:
    """Note that a connection is open at this moment; again and again while it is.

    ``Connection.seen_at`` and ``User.last_seen`` become now; the row of the connection is made
    if it is not there. Returns whether the user has come online by this: the connection was not
    known, and is the user's only one.
    """
    now = clock.now()
    lock_user(user_id, last_seen=now)
    is_first = count(user_id) == 0  # this one counts as well, if it is known
    db.session.merge(
        Connection(
            id=connection_id,
            user_id=user_id,
            seen_at=now,
        )
    )
    db.session.flush()
    return is_first


def leave(user_id: int, connection_id: str, at: datetime | None = None) -> bool:
    """Note that a connection has ended, now or ``at`` a moment.

    That moment is the user's ``last_seen``. Returns whether the user has gone offline by this: the
    connection was known, and was the user's last one. The second time it is not known any more,
    and nothing changes.
    """
    lock_user(user_id)
    statement = delete(Connection).where(Connection.id == connection_id)
    known_id = db.session.scalar(statement.returning(Connection.id))
    if known_id is None:
        return False
    lock_user(user_id, last_seen=at or clock.now())
    return count(user_id) == 0


def stale() -> list[Row[Any]]:
    """Return the connections not seen for `STALE`: id, user_id, seen_at.

    Let each of them leave, at the moment when it was seen last.
    """
    columns = select(Connection.id, Connection.user_id, Connection.seen_at)
    statement = columns.where(Connection.seen_at < clock.now() - STALE)
    rows: list[Row[Any]] = list(db.session.execute(statement))
    return rows


def lock_user(user_id: int, last_seen: datetime | None = None) -> None:
    """Let no other connection of a user come or go meanwhile; an UPDATE locks the row.

    The moment when the user was seen becomes ``last_seen``, or stays.
    """
    moment = User.last_seen if last_seen is None else last_seen
    statement = update(User).where(User.id == user_id)
    db.session.execute(statement.values(last_seen=moment))


def count(user_id: int) -> int:
    """Return how many connections of a user there are."""
    statement = select(func.count(Connection.id))
    statement = statement.where(Connection.user_id == user_id)
    return db.session.scalar(statement) or 0


def is_online() -> Exists:
    """Return the condition that a user (a row of User) has a connection that is not stale."""
    is_fresh = Connection.seen_at >= clock.now() - STALE
    return exists().where(Connection.user_id == User.id, is_fresh)
