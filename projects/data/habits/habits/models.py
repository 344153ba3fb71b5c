"""Users, where they lived, their habits, what was planned before, what was done on which date."""

from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common import accounts, clock
from common.database import UtcDateTime, make_db

db = make_db()
MOST_A_DAY = 1000
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS = get_args(Weekday)  # in the order of date.weekday()


class User(accounts.UserMixin, db.Model):
    """Somebody with habits, and a time zone that says which date it is."""

    stays: Mapped[list["Stay"]] = relationship(order_by="Stay.id")

    def before_change(self, changes: dict[str, Any]) -> None:
        """Note until when they lived in the zone that they leave."""
        if "time_zone" in changes:
            self.stays.append(Stay(time_zone=self.time_zone, until=clock.now()))


class Stay(db.Model):
    """A time zone that a user has lived in until a moment, since the stay before."""

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    time_zone: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class Habit(db.Model):
    """Something to do on certain weekdays."""

    __table_args__ = (
        Index(None, "user_id", "id"),
        CheckConstraint(f"target_per_day BETWEEN 1 AND {MOST_A_DAY}", name="target_per_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    started_on: Mapped[date]
    weekdays: Mapped[list[Weekday]] = mapped_column(JSON)
    target_per_day: Mapped[int]
    past_plans: Mapped[list["PastPlan"]] = relationship(
        order_by="PastPlan.before", passive_deletes="all"
    )

    def keep_plan(self, today: date) -> None:
        """Keep what it was meant for until today, before that changes; once a day is enough."""
        since = self.started_on
        if self.past_plans:
            since = self.past_plans[-1].before
        if since < today:
            plan = PastPlan(
                before=today,
                weekdays=self.weekdays,
                target_per_day=self.target_per_day,
            )
            self.past_plans.append(plan)

    def plan_on(self, day: date) -> "Habit | PastPlan":
        """Return what has the weekdays and the target of a day."""
        for plan in self.past_plans:
            if day < plan.before:
                return plan
        return self


class PastPlan(db.Model):
    """What a habit was meant for before a date, so that a change of mind leaves the past alone."""

    habit_id: Mapped[int] = mapped_column(
        ForeignKey(Habit.id, ondelete="CASCADE"), primary_key=True
    )
    before: Mapped[date] = mapped_column(primary_key=True)
    weekdays: Mapped[list[Weekday]] = mapped_column(JSON)
    target_per_day: Mapped[int]


class CheckIn(db.Model):
    """How often a habit was done on a date of the user's calendar. A day without a row is a 0."""

    __table_args__ = (CheckConstraint("count >= 1", name="count"),)

    habit_id: Mapped[int] = mapped_column(
        ForeignKey(Habit.id, ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
