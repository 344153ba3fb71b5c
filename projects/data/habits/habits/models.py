"""Users, their habits, what each habit is meant for since when, and what was done on which date."""

from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from common import accounts, clock
from common.database import UtcDateTime, make_db

db = make_db()
MOST_A_DAY = 1000
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)  # in the order of date.weekday()


class User(accounts.UserMixin, db.Model):
    """Somebody with habits, and a time zone that says which date it is."""


class Habit(db.Model):
    """Something to do on certain weekdays."""

    __table_args__ = (Index(None, "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    started_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    plans: Mapped[list["Plan"]] = relationship(
        order_by="Plan.since", lazy="selectin", cascade="all, delete-orphan", passive_deletes=True
    )
    count_today: Mapped[int] = query_expression()
    """How often it was done today; filled by the queries that ask for it."""

    @property
    def weekdays(self) -> list[Weekday]:
        """The weekdays that it is meant for now."""
        return [name for number, name in enumerate(WEEKDAYS) if self.plans[-1].includes(number)]

    @property
    def target_per_day(self) -> int:
        """How often a day it is to be done now."""
        return self.plans[-1].target


class Plan(db.Model):
    """What a habit is meant for from a date on, so that a change of mind leaves the past alone."""

    __table_args__ = (
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint(f"target BETWEEN 1 AND {MOST_A_DAY}", name="target"),
    )

    habit_id: Mapped[int] = mapped_column(
        ForeignKey(Habit.id, ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[date] = mapped_column(primary_key=True)
    weekdays: Mapped[int]
    """A bit for each weekday, Monday's is 1."""
    target: Mapped[int]

    def includes(self, weekday: int) -> bool:
        """Tell whether the habit is meant for a weekday, Monday being 0."""
        return bool(self.weekdays >> weekday & 1)


class CheckIn(db.Model):
    """How often a habit was done on a date of the user's calendar. A day without a row is a 0."""

    __table_args__ = (CheckConstraint(f"count BETWEEN 1 AND {MOST_A_DAY}", name="count"),)

    habit_id: Mapped[int] = mapped_column(
        ForeignKey(Habit.id, ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
