"""Demo data."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from common import accounts, clock

from . import schedule
from .models import Event, db

ZONE = "Europe/Vienna"
WORKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
DEMO: list[tuple[str, int, str, str | None, list[int]]] = [
    # title, days after the last Monday, time, rule, reminders
    ("Stand-up", 0, "09:30", WORKDAYS, [10]),
    ("Choir", 2, "19:00", "FREQ=WEEKLY;BYDAY=WE;INTERVAL=2", [60, 24 * 60]),
    ("Dentist", 16, "08:15", None, [30, 24 * 60]),
    ("Water the plants", 5, "10:00", "FREQ=DAILY;INTERVAL=3", []),
]


def seed() -> int:
    """Add those of ana's demo events that are not there; return how many."""
    ana = accounts.demo_user("ana", ZONE)
    titles = db.session.scalars(select(Event.title).filter_by(user_id=ana.id)).all()
    now = clock.now()
    monday = now.date() - timedelta(days=now.weekday())
    added = 0
    for title, days, at, rule, reminders in DEMO:
        if title in titles:
            continue
        starts_at = datetime.combine(monday + timedelta(days=days), time.fromisoformat(at))
        event = Event(user_id=ana.id, title=title, starts_at=starts_at, time_zone=ZONE)
        event.rrule = rule
        event.reminders = reminders
        db.session.add(event)
        db.session.flush()
        schedule.reschedule(event, now)
        added += 1
    db.session.commit()
    return added
