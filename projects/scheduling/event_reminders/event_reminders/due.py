"""Send what is due, each reminder once, however many schedulers do it.

Nothing in memory says what is to be done; the rows do. A scheduler claims a row by one conditional
UPDATE, commits, sends the mail with no transaction open, and writes down what became of it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select, update
from sqlalchemy.sql import ColumnElement

from common import clock, mail

from .models import Event, Reminder, Status, User, db
from .schedule import ATTEMPTS, add_next

CATCH_UP = timedelta(days=1)  # what is due for longer than this has been missed
LEASE = timedelta(minutes=5)  # that a scheduler has for a mail; then another may take it over
RETRY_AFTER = (1, 5, 15, 60)  # minutes after the first, second … try
BATCH = 100
DIED = "The scheduler ended while sending."


def send_due(as_of: datetime | None = None) -> Counter[str]:
    """Send every reminder that is due, or was ``as_of`` a moment; count them by their status.

    A tick may take long, so each reminder is claimed and settled by the time that it is then.
    """
    now = as_of or clock.now()
    tally: Counter[str] = Counter()
    give_up(now)
    batch = _due(now)
    while batch:
        for reminder_id, event_id in batch:
            status = _handle(reminder_id, event_id, as_of)
            if status is not None:
                tally[status] += 1
        batch = _due(now)
    return tally


def is_due(now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions under which a reminder may be claimed at ``now``.

    One that is ``sending`` may be, too, once its time is up: its scheduler has died.
    """
    return [
        Reminder.status.in_(["pending", "sending"]),
        Reminder.try_at <= now,
        Reminder.attempts < ATTEMPTS,
    ]


def claim(reminder_id: int, now: datetime) -> Reminder | None:
    """Take a reminder that is due (`is_due`), or return None: somebody else has it.

    Two schedulers may both have seen it due; the WHERE decides. The claimed reminder is
    ``sending``, its number of ``attempts`` has grown by one, and nobody else can claim it before
    ``try_at``, which is ``LEASE`` from ``now``. The caller commits.
    """
    due = update(Reminder).where(Reminder.id == reminder_id, *is_due(now))
    statement = due.values(
        status="sending",
        attempts=Reminder.attempts + 1,
        try_at=now + LEASE,
    )
    fresh = statement.returning(Reminder).execution_options(populate_existing=True)
    reminder: Reminder | None = db.session.scalar(fresh)
    return reminder


def settle(
    claimed: Reminder,
    now: datetime,
    error: mail.MailError | None = None,
) -> Status | None:
    """Write down what became of a claimed reminder and return its status. The caller commits.

    Without an error it is ``sent``. A temporary error makes it ``pending`` again, later each time
    (``RETRY_AFTER``), and ``failed`` with the last try; a permanent one makes it ``failed`` at
    once. None: the claim was over, and somebody else has the reminder.
    """
    until = claimed.try_at
    reminder = db.session.get(
        Reminder,
        claimed.id,
        with_for_update=True,
        populate_existing=True,
    )
    if reminder is None or reminder.status != "sending" or reminder.try_at != until:
        return None
    if error is None:
        reminder.status = "sent"
        reminder.sent_at = now
        reminder.error = None
        return reminder.status
    reminder.error = str(error)[:200]
    if error.permanent or reminder.attempts >= ATTEMPTS:
        reminder.status = "failed"
    else:
        reminder.status = "pending"
        wait = RETRY_AFTER[reminder.attempts - 1]
        reminder.try_at = now + timedelta(minutes=wait)
    return reminder.status


def give_up(now: datetime) -> None:
    """Let those fail that no try is left for and whose scheduler has died. Commits."""
    statement = update(Reminder).where(
        Reminder.status == "sending",
        Reminder.try_at <= now,
        Reminder.attempts >= ATTEMPTS,
    )
    db.session.execute(statement.values(status="failed", error=DIED))
    db.session.commit()


def _due(now: datetime) -> Sequence[tuple[int, int]]:
    statement = select(Reminder.id, Reminder.event_id).where(*is_due(now))
    statement = statement.order_by(Reminder.try_at).limit(BATCH)
    rows = db.session.execute(statement).all()
    db.session.commit()
    return rows


def _handle(reminder_id: int, event_id: int, as_of: datetime | None) -> Status | None:
    # Who changes an event locks it first and its reminders then. The other way round is a deadlock.
    event = db.session.get(
        Event,
        event_id,
        with_for_update=True,
        populate_existing=True,
    )
    now = as_of or clock.now()  # after the wait for the event
    reminder = claim(reminder_id, now)
    if event is None or reminder is None:
        db.session.commit()
        return None
    add_next(event, reminder.minutes, reminder.occurs_at)
    if now - reminder.due_at > CATCH_UP:
        reminder.status = "missed"
        db.session.commit()
        return reminder.status
    user = db.session.get_one(User, event.user_id, populate_existing=True)
    db.session.commit()  # nobody shall wait for the database while we wait for a mail server
    error = None
    try:
        _deliver(reminder, event, user)
    except mail.MailError as refused:
        error = refused
    status = settle(reminder, as_of or clock.now(), error)
    db.session.commit()
    return status


def _deliver(reminder: Reminder, event: Event, user: User) -> None:
    local = reminder.occurs_at.astimezone(ZoneInfo(event.time_zone))
    subject = f"{event.title}: {local:%A, %d %B %Y, %H:%M}"
    if user.email is None:
        click.echo(f"Reminder for {user.username}: {subject} ({event.time_zone})")
        return
    # The same mail has the same Message-ID: see "Watch out" in the README.
    key = f"{event.uid}-{reminder.occurs_at:%Y%m%dT%H%M%S}-{reminder.minutes}"
    mail.send(user.email, subject, f"{subject} ({event.time_zone})\n", key=key)
