"""Sessions on the server: how one begins, is found again, and ends.

The browser has a random id in its cookie, the table has the hash of it (``common.tokens``). That
needs no salt and no slowness: 192 random bits cannot be guessed, however fast one guesses.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, or_, select, update

from common import clock, tokens

from .models import Session, db

MOST = 50  # sessions of one user


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives: unused, and at all."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class Login:
    """Who has just proven who they are, and from where."""

    user_id: int
    device: str
    address: str


def rotate(old_id: str | None, login: Login | None) -> str:
    """End the session of ``old_id``, begin one for ``login``, and return its new id.

    At a login this keeps an attacker out who has planted an id in the browser and waits for it to
    become a user's ("session fixation"): the id that counts is one that only the answer tells.
    At a logout there is no ``login``. Then the row of ``old_id`` goes, so that a copy of the
    cookie is dead at once, and the new id (``tokens.new``) is nobody's: it gets no row.

    ``old_id`` may be None or an id that was never ours. The new row has the hash of the new id
    (``tokens.hash_of``), never the id, and begins now, by ``common.clock``: ``created_at`` and
    ``last_seen_at`` are the same moment.
    """
    if old_id is not None:
        old_hash = tokens.hash_of(old_id)
        db.session.execute(delete(Session).where(Session.key_hash == old_hash))
    session_id = tokens.new()
    if login is not None:
        now = clock.now()
        session = Session(
            key_hash=tokens.hash_of(session_id),
            user_id=login.user_id,
            device=login.device,
            address=login.address,
            created_at=now,
            last_seen_at=now,
        )
        db.session.add(session)
    return session_id


def load(session_id: str, address: str, limits: Limits) -> Session | None:
    """Return the session of ``session_id`` and note that it is used now; None if it is over.

    It is over when its row is gone, when it has been unused for ``limits.idle`` or longer, or when
    its login is ``limits.absolute`` ago or longer, however busy it is. Now is ``common.clock``'s.

    A session that lives gets ``last_seen_at`` now and ``address`` as the place it was last seen;
    one that is over is not changed, and so cannot come back to life.
    """
    # One statement finds and notes. Between a SELECT and an UPDATE a logout could come.
    statement = (
        update(Session)
        .where(Session.key_hash == tokens.hash_of(session_id))
        .where(lives(limits))
        .values(last_seen_at=clock.now(), address=address)
        .returning(Session)
    )
    session: Session | None = db.session.scalar(statement)
    return session


def living_sessions(user_id: int, limits: Limits) -> Select[Session]:
    """Return the statement of a user's sessions that are not over now."""
    return select(Session).where(Session.user_id == user_id, lives(limits))


def lives(limits: Limits) -> ColumnElement[bool]:
    """Return the condition that a session is not over now."""
    return ~is_over(limits)


def is_over(limits: Limits) -> ColumnElement[bool]:
    """Return the condition that a session is over now; each half has its index."""
    now = clock.now()
    is_unused = Session.last_seen_at <= now - limits.idle
    is_old = Session.created_at <= now - limits.absolute
    return or_(is_unused, is_old)


def sweep(limits: Limits) -> int:
    """Delete the rows of all sessions that are over; return how many."""
    statement = delete(Session).where(is_over(limits)).returning(Session.id)
    return len(db.session.scalars(statement).all())


def end_the_oldest(user_id: int) -> None:
    """End those of a user's sessions that are too many, the longest unused first."""
    statement = select(Session.id).where(Session.user_id == user_id).order_by(*newest_first())
    oldest_ids = statement.offset(MOST)
    db.session.execute(delete(Session).where(Session.id.in_(oldest_ids)))


def newest_first() -> tuple[ColumnElement[Any], ...]:
    """Return the order of a list of sessions: the last used first."""
    return Session.last_seen_at.desc(), Session.id.desc()
