"""Demo data."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from common import accounts, clock

from . import schedule
from .models import Event, User, db

NAME, PASSWORD, ZONE = "ana", "correct horse", "Europe/Vienna"
DEMO: tuple[
    tuple[str, int, str, str | None, list[int]], ...
] = (  # title, days after the last Monday, time, rule, reminders
    ("Stand-up", 0, "09:30", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", [10]),
    ("Choir", 2, "19:00", "FREQ=WEEKLY;BYDAY=WE;INTERVAL=2", [60, 24 * 60]),
    ("Dentist", 16, "08:15", None, [30, 24 * 60]),
    ("Water the plants", 5, "10:00", "FREQ=DAILY;INTERVAL=3", []),
)


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


def _user(name: str) -> tuple[User, int]:
    """Return a user of the demo data, and 1 if it is new."""
    user = db.session.scalar(select(User).where(User.username == name))
    if user is not None:
        return user, 0
    user = accounts.new_user(name, PASSWORD, ZONE)
    db.session.add(user)
    db.session.flush()
    return user, 1
