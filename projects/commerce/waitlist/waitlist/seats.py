"""Who gets the seats of an event: the rules, and the lock that keeps them true.

Every function that gives or takes a seat first locks the event (`lock`) and so has it alone until
the commit, which is the caller's. Who comes second waits, and then sees what the first one did.
Without a lock two requests may both see the last free seat.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, update

from .models import Event, Notice, Signup, db

KEPT = timedelta(hours=24)  # how long an offer is kept
HOLDS_SEATS = ("confirmed", "offered")


class Refused(Exception):
    """The rules do not allow it; the text says why."""


class Unknown(LookupError):
    """There is no such event or sign-up."""


def lock(event_id: int) -> Event:
    """Return the event as it is now, and have it alone until the end of the transaction.

    On PostgreSQL this is the lock of the event's row, on SQLite that of the whole database, which
    a request that may write has from its beginning.

    Raises:
        Unknown: there is no such event.
    """
    event: Event | None = db.session.get(
        Event, event_id, with_for_update=True, populate_existing=True
    )
    if event is None:
        raise Unknown("There is no such event.")
    return event


def sign_up(event_id: int, email: str, seats: int, now: datetime) -> tuple[Signup, bool]:
    """Sign up a party of ``seats`` under ``email`` (lower case); return it, and whether it is new.

    Lock the event first (`lock`); then offers that have lapsed end (`expire`), and what they leave
    is offered to those who wait (`promote`): they were here before. The party is "confirmed" if all
    of its seats are free then, which are counted in ``event.taken``, and else "waitlisted" at the
    end of the list. The new row is flushed, not committed.

    The same address twice is the same sign-up: it comes back unchanged, with False, whatever
    ``seats`` says. Only one whose offer has "expired" is replaced by a new one.

    Raises:
        Unknown: there is no such event.
        Refused: it has started (``now`` is ``starts_at`` or later).
    """
    event = lock(event_id)
    if now >= event.starts_at:
        raise Refused("The event has started: it takes no more sign-ups.")
    expire(event, now)
    promote(event, now)
    statement = select(Signup).where(Signup.event_id == event_id, Signup.email == email)
    earlier = db.session.scalar(statement)
    if earlier is not None and earlier.status != "expired":
        return earlier, False
    if earlier is not None:
        db.session.delete(earlier)
        db.session.flush()  # before another row has its address
    signup = Signup(event_id=event_id, email=email, seats=seats, created_at=now)
    signup.status = "waitlisted"
    if seats <= event.free:
        signup.status = "confirmed"
        event.taken += seats
    db.session.add(signup)
    db.session.flush()
    return signup, True


def promote(event: Event, now: datetime) -> None:
    """Offer free seats to those who wait, as long as a party fits; ``event`` is locked.

    First come, first served, in the order of ``id``: each time the first party whose seats are all
    free becomes "offered". Its seats count as ``taken``, are kept until ``confirm_by`` (`KEPT` from
    now, but not beyond the start of the event), and a `Notice` of the kind "offer", due now, stands
    in the same transaction. A party too large for what is free is left where it is. An event that
    has started offers nothing.
    """
    if now >= event.starts_at:
        return
    statement = select(Signup).where(Signup.event_id == event.id, Signup.status == "waitlisted")
    statement = statement.order_by(Signup.id).limit(1)
    while True:
        signup = db.session.scalar(statement.where(Signup.seats <= event.free))
        if signup is None:
            return
        signup.status = "offered"
        signup.confirm_by = min(now + KEPT, event.starts_at)
        event.taken += signup.seats
        db.session.add(Notice(signup_id=signup.id, kind="offer", due_at=now))


def resize(event_id: int, capacity: int, now: datetime) -> None:
    """Change the capacity of an event, which is locked first (`lock`).

    Offers that have lapsed end before (`expire`), so their seats do not stand in the way. More
    seats are offered to those who wait at once (`promote`).

    Raises:
        Unknown: there is no such event.
        Refused: more seats than ``capacity`` are confirmed or offered; nothing changes.
    """
    event = lock(event_id)
    expire(event, now)
    if capacity < event.taken:
        raise Refused(f"{event.taken} seats are confirmed or offered: the capacity cannot be less.")
    event.capacity = capacity
    promote(event, now)


def move(event_id: int, starts_at: datetime, now: datetime) -> None:
    """Let an event start at another time; no offer is kept beyond it.

    One that had started offers again what has become free since.
    """
    event = lock(event_id)
    expire(event, now)
    event.starts_at = starts_at
    statement = update(Signup).where(Signup.event_id == event_id, Signup.status == "offered")
    statement = statement.where(Signup.confirm_by > starts_at)
    db.session.execute(statement.values(confirm_by=starts_at))
    promote(event, now)


def confirm(signup: Signup, now: datetime) -> None:
    """Take the offered seats; once more changes nothing.

    Raises:
        Unknown: it has been cancelled meanwhile.
        Refused: there is no offer, or none any more.
    """
    event = _lock_event_of(signup)
    expire(event, now)
    if signup.status == "waitlisted":
        raise Refused("Nothing is offered yet: this waits on the list.")
    if signup.status == "expired":
        raise Refused("The seats were not confirmed in time and have passed on; sign up again.")
    signup.status = "confirmed"
    signup.confirm_by = None
    promote(event, now)


def cancel(signup: Signup, now: datetime) -> None:
    """Give up a sign-up; its seats are offered to those who wait in the same transaction.

    Raises:
        Unknown: it has been cancelled meanwhile.
    """
    event = _lock_event_of(signup)
    expire(event, now)
    if signup.status in HOLDS_SEATS:
        event.taken -= signup.seats
    db.session.delete(signup)
    promote(event, now)


def expire(event: Event, now: datetime) -> None:
    """End the offers that were not confirmed in time; ``event`` is locked."""
    statement = select(Signup).where(Signup.event_id == event.id, Signup.status == "offered")
    statement = statement.where(Signup.confirm_by <= now)
    for signup in db.session.scalars(statement):
        signup.status = "expired"
        event.taken -= signup.seats


def lapsed_events(now: datetime) -> Sequence[int]:
    """Return the ids of the events with offers that were not confirmed in time."""
    statement = select(Signup.event_id).where(Signup.status == "offered", Signup.confirm_by <= now)
    return db.session.scalars(statement.distinct()).all()


def pass_on(event_id: int, now: datetime) -> None:
    """End the offers of an event that were not confirmed in time, and make new ones."""
    event = lock(event_id)
    expire(event, now)
    promote(event, now)


def position(signup: Signup) -> int | None:
    """Return the place on the waiting list, from 1: counted, never stored, so without gaps."""
    if signup.status != "waitlisted":
        return None
    ahead = select(func.count(Signup.id)).where(Signup.event_id == signup.event_id)
    ahead = ahead.where(Signup.status == "waitlisted", Signup.id < signup.id)
    return 1 + (db.session.scalar(ahead) or 0)


def attendees(event_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of an event's sign-ups in their order, each with its ``position``."""
    place = func.row_number().over(partition_by=Signup.status, order_by=Signup.id)
    position = case((Signup.status == "waitlisted", place)).label("position")
    columns = [
        Signup.id,
        Signup.email,
        Signup.seats,
        Signup.status,
        Signup.confirm_by,
        Signup.created_at,
    ]
    statement = select(*columns, position).where(Signup.event_id == event_id)
    return statement.order_by(Signup.id)


def _lock_event_of(signup: Signup) -> Event:
    """Lock the event, and read the sign-up again: it may have changed while we waited."""
    event = lock(signup.event_id)
    if db.session.get(Signup, signup.id, populate_existing=True) is None:
        raise Unknown("There is no such sign-up.")
    return event
