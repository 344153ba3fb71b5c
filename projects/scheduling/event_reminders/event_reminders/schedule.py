"""Which reminders an event has. Whoever calls this holds the event's row locked."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from .models import Event, Reminder, db

ATTEMPTS = 5  # then a reminder has failed


def reschedule(event: Event, now: datetime) -> None:
    """Replace the event's unsent reminders by those of its times as they are now.

    What was sent, missed or has failed stays as it is. A reminder whose moment has passed is not
    made any more, and so an event in the past has none.
    """
    waiting = delete(Reminder).filter_by(event_id=event.id, status="pending")
    db.session.execute(waiting)
    # One that is being sent at this moment cannot be called back. But this is its last try: it must
    # not return to the queue beside the one that takes its place.
    under_way = update(Reminder).filter_by(event_id=event.id, status="sending")
    db.session.execute(under_way.values(attempts=ATTEMPTS))
    for minutes in event.reminders:
        add_next(event, minutes, now + timedelta(minutes=minutes))


def add_next(event: Event, minutes: int, earliest: datetime) -> None:
    """Add the reminder of the first occurrence from ``earliest`` on, unless one is waiting."""
    statement = select(Reminder.occurs_at, Reminder.status).where(
        Reminder.event_id == event.id,
        Reminder.minutes == minutes,
        Reminder.occurs_at >= earliest,
    )
    statuses = dict(db.session.execute(statement).all())
    for occurs_at in event.occurrences():
        if occurs_at < earliest:
            continue
        if occurs_at not in statuses:
            db.session.add(new_reminder(event, minutes, occurs_at))
            return
        if statuses[occurs_at] == "pending":
            return


def new_reminder(event: Event, minutes: int, occurs_at: datetime) -> Reminder:
    """Return a reminder, so many minutes before an occurrence of an event."""
    due_at = occurs_at - timedelta(minutes=minutes)
    return Reminder(
        user_id=event.user_id,
        event_id=event.id,
        minutes=minutes,
        occurs_at=occurs_at,
        due_at=due_at,
        try_at=due_at,
    )
