"""Users, their events, and a row for each reminder that is to go out or has gone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, DateTime, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common import accounts, clock
from common.database import UtcDateTime, make_db

from .occurrences import occurrences

db = make_db()

Status = Literal["pending", "sending", "sent", "missed", "failed"]


class User(accounts.UserMixin, db.Model):
    """Somebody with events, and the address for reminders."""

    email: Mapped[str | None] = mapped_column(String(254))


class Event(db.Model):
    """What happens at a local time, once or by a rule."""

    __table_args__ = (
        Index(None, "user_id", "id"),
        Index(None, "user_id", "starts_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    uid: Mapped[UUID] = mapped_column(default=uuid4)
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(DateTime)
    """What the clocks of ``time_zone`` show: without an offset, for that may change."""
    time_zone: Mapped[str] = mapped_column(String(64))
    rrule: Mapped[str | None] = mapped_column(String(200))
    reminders: Mapped[list[int]] = mapped_column(JSON)
    """How many minutes before."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    def occurrences(self) -> Iterator[datetime]:
        """Yield when it happens, in UTC."""
        return occurrences(self.starts_at, self.time_zone, self.rrule)

    def times(self) -> tuple[object, ...]:
        """Return what its reminders depend on."""
        return self.starts_at, self.time_zone, self.rrule, self.reminders


class Reminder(db.Model):
    """One reminder of one occurrence. Of a series only the next one of each kind is here.

    ``pending`` → ``sending`` → ``sent``, or back to ``pending`` for another try, or ``failed``;
    ``missed`` if nobody was there to send it within a day.
    """

    __table_args__ = (
        UniqueConstraint("event_id", "minutes", "occurs_at"),
        CheckConstraint(f"status IN {get_args(Status)}", name="status"),
        Index(None, "status", "try_at"),
        Index(None, "user_id", "due_at", "id"),
        Index(None, "user_id", "status", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey(Event.id, ondelete="CASCADE"))
    minutes: Mapped[int]
    occurs_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it may be claimed: at first ``due_at``, then later with every try."""
    status: Mapped[Status] = mapped_column(String(8), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(200))
