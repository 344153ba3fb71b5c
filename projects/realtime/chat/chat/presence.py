"""Who is online: users with at least one open connection, in whatever process it ends.

Connections are counted as rows, not in memory: a user may have a tab with each of two processes. A
process that is killed leaves its rows behind, so every connection is seen again and again
(each of its beats), and one that has not been seen for `STALE` is taken away by whoever notices.

To come and to go, a connection first locks the row of its user. Two tabs that close at once then
close one after the other, and the second knows that it is the last.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Exists, delete, exists, func, select, update

from common import clock
from common.live import websockets

from .models import Connection, User, db

STALE = timedelta(seconds=3 * websockets.BEAT + 5)  # three beats, and a little


def arrive(user_id: int, connection_id: str) -> bool:
    """Note that a connection is open at this moment, and commit; again and again while it is.

    ``Connection.seen_at`` and ``User.last_seen`` become now; the row of the connection is made
    if it is not there. Returns whether the user has come online by this: the connection was not
    known, and is the user's only one.
    """
    now = clock.now()
    db.session.execute(update(User).where(User.id == user_id).values(last_seen=now))
    is_first = count(user_id) == 0  # this one counts as well, if it is known
    db.session.merge(Connection(id=connection_id, user_id=user_id, seen_at=now))
    db.session.commit()
    return is_first


def leave(user_id: int, connection_id: str, at: datetime | None = None) -> bool:
    """Note that a connection has ended, now or ``at`` a moment, and commit.

    That moment is the user's ``last_seen``. Returns whether the user has gone offline by this: the
    connection was known, and was the user's last one. The second time it is not known any more.
    """
    db.session.execute(update(User).where(User.id == user_id).values(last_seen=at or clock.now()))
    gone = delete(Connection).where(Connection.id == connection_id).returning(Connection.id)
    if db.session.scalar(gone) is None:
        db.session.rollback()
        return False
    is_last = count(user_id) == 0
    db.session.commit()
    return is_last


def sweep() -> Iterator[int]:
    """Take away connections not seen for `STALE`; yield the ids of users who are offline by that.

    Such a user's ``last_seen`` is when the connection was seen last.
    """
    old = select(Connection).where(Connection.seen_at < clock.now() - STALE)
    found = [*db.session.scalars(old)]
    db.session.rollback()  # what follows begins with a write, and needs a transaction of its own
    for connection in found:
        if leave(connection.user_id, connection.id, connection.seen_at):
            yield connection.user_id


def count(user_id: int) -> int:
    """Return how many connections of a user there are."""
    mine = select(func.count()).select_from(Connection).where(Connection.user_id == user_id)
    return db.session.scalar(mine) or 0


def is_online() -> Exists:
    """Return the condition that a user (a row of User) has a connection that is not stale."""
    fresh = Connection.seen_at >= clock.now() - STALE
    return exists().where(Connection.user_id == User.id, fresh)
