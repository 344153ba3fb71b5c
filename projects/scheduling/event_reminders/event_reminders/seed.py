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


def seed() -> int:
    """Add ana and those of her demo events that are not there; return how many rows are new."""
    user, added = _ana()
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
    """Add ``rows`` events of ana's in the coming ten years, each with a reminder."""
    random, user = Random(45), _ana()[0]  # noqa: S311  # made up anyway
    now = clock.now().replace(microsecond=0)
    first = (db.session.scalar(select(func.max(Event.id))) or 0) + 1
    events, reminders = [], []
    for number in range(first, first + rows):
        starts = now + timedelta(minutes=random.randrange(60, 10 * 366 * 24 * 60))
        events.append(
            {
                "user_id": user.id,
                "uid": str(UUID(int=random.getrandbits(128), version=4)),
                "title": f"Appointment {number}",
                "starts_at": starts.replace(tzinfo=None),
                "time_zone": "UTC",
                "reminders": [10],
            }
        )
        reminders.append(starts)
    ids = db.session.scalars(
        insert(Event).returning(Event.id, sort_by_parameter_order=True), events
    )
    times = [
        {"event_id": event_id, "occurs_at": starts, "due_at": starts - timedelta(minutes=10)}
        for event_id, starts in zip(ids, reminders, strict=True)
    ]
    made = [it | {"user_id": user.id, "minutes": 10, "try_at": it["due_at"]} for it in times]
    db.session.execute(insert(Reminder), made)
    db.session.commit()


def _ana() -> tuple[User, int]:
    """Return the user of the demo data, and 1 if she is new."""
    user = db.session.scalar(select(User).where(User.username == NAME))
    if user is not None:
        return user, 0
    user = accounts.new_user(NAME, PASSWORD, ZONE)
    db.session.add(user)
    db.session.flush()
    return user, 1
