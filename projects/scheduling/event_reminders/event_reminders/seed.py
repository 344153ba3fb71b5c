"""Demo data, and made-up rows in any number."""

from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import func, insert, select

from common import accounts, clock

from . import schedule
from .models import Event, Reminder, User, db

NAME, PASSWORD, ZONE = "ana", "correct horse", "Europe/Vienna"
DEMO: tuple[
    tuple[str, int, str, str | None, list[int]], ...
] = (  # title, days after the last Monday, time, rule, reminders
    ("Stand-up", 0, "09:30", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", [10]),
    ("Choir", 2, "19:00", "FREQ=WEEKLY;BYDAY=WE;INTERVAL=2", [60, 24 * 60]),
    ("Dentist", 16, "08:15", None, [30, 24 * 60]),
    ("Water the plants", 5, "10:00", "FREQ=DAILY;INTERVAL=3", []),
)
OTHER = "ben"  # who has made-up events, too
MOST_AWAY = 5 * 366 * 24 * 60  # minutes
BEFORE = 10  # minutes


def seed() -> int:
    """Add ana and those of her demo events that are not there; return how many rows are new."""
    user, added = _user(NAME)
    titles = db.session.scalars(select(Event.title).where(Event.user_id == user.id)).all()
    now = clock.now()
    monday = now.date() - timedelta(days=now.weekday())
    for title, days, at, rule, reminders in DEMO:
        if title in titles:
            continue
        starts_at = datetime.combine(monday + timedelta(days=days), time.fromisoformat(at))
        event = Event(user_id=user.id, title=title, starts_at=starts_at, time_zone=ZONE)
        event.rrule, event.reminders = rule, reminders
        db.session.add(event)
        db.session.flush()
        schedule.reschedule(event, now)
        added += 1
    db.session.commit()
    return added


def fill(rows: int) -> None:
    """Add ``rows`` events, half of them ana's, five years back to five ahead.

    Each that is to come has a reminder.
    """
    random = Random(45)  # noqa: S311  # made up anyway
    owners = [_user(NAME)[0].id, _user(OTHER)[0].id]
    now = clock.now().replace(microsecond=0)
    first = (db.session.scalar(select(func.max(Event.id))) or 0) + 1
    moments = [
        now + timedelta(minutes=random.randrange(-MOST_AWAY, MOST_AWAY)) for _ in range(rows)
    ]
    events = [
        {
            "user_id": owners[number % 2],
            "uid": str(UUID(int=random.getrandbits(128), version=4)),
            "title": f"Appointment {number}",
            "starts_at": starts.replace(tzinfo=None),
            "time_zone": "UTC",
            "reminders": [BEFORE],
        }
        for number, starts in enumerate(moments, first)
    ]
    made = insert(Event).returning(Event.id, Event.user_id, sort_by_parameter_order=True)
    reminders = [
        {"event_id": row.id, "user_id": row.user_id, "minutes": BEFORE, "occurs_at": starts}
        | dict.fromkeys(("due_at", "try_at"), starts - timedelta(minutes=BEFORE))
        for row, starts in zip(db.session.execute(made, events), moments, strict=True)
        if starts > now + timedelta(minutes=BEFORE)
    ]
    db.session.execute(insert(Reminder), reminders)
    db.session.commit()


def _user(name: str) -> tuple[User, int]:
    """Return a user of the demo data, and 1 if it is new."""
    user = db.session.scalar(select(User).where(User.username == name))
    if user is not None:
        return user, 0
    user = accounts.new_user(name, PASSWORD, ZONE)
    db.session.add(user)
    db.session.flush()
    return user, 1
