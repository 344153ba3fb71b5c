"""Demo data of a user."""

from datetime import timedelta
from random import Random

from sqlalchemy import insert, select

from common import accounts

from .days import today_for
from .models import CheckIn, Habit, Plan, User, db

EVERY_DAY, WORKDAYS, MON_WED_FRI = 0b1111111, 0b0011111, 0b0010101
DEMO = [  # name, weekdays, times a day, chance of a day to be done
    ("Read ten pages", EVERY_DAY, 1, 0.93),
    ("Drink a glass of water", EVERY_DAY, 6, 0.85),
    ("Go for a run", MON_WED_FRI, 1, 0.8),
    ("Practise the guitar", WORKDAYS, 1, 0.7),
]
DEMO_DAYS = 400
DEMO_STREAK = 10  # days before today that nobody has missed


def seed() -> int:
    """Add the user ana with four habits and 400 days of check-ins; return how many rows."""
    ana = demo_user()
    if db.session.scalar(select(Habit.id).filter_by(user_id=ana.id).limit(1)):
        return 0
    today, added = today_for(ana), 0
    for name, weekdays, target, chance in DEMO:
        random = Random(name)  # noqa: S311  # the same for everybody
        begun = today - timedelta(days=DEMO_DAYS)
        habit = Habit(user_id=ana.id, name=name, started_on=begun)
        habit.plans = [Plan(since=begun, weekdays=weekdays, target=target)]
        db.session.add(habit)
        db.session.flush()
        rows = []
        for back in range(1, DEMO_DAYS):  # today is open
            day, is_recent = today - timedelta(days=back), back <= DEMO_STREAK
            if weekdays >> day.weekday() & 1 and (is_recent or random.random() < chance):
                count = target if is_recent else random.randint(max(1, target - 1), target)
                rows.append({"habit_id": habit.id, "day": day, "count": count})
        db.session.execute(insert(CheckIn), rows)
        added += 1 + len(rows)
    db.session.commit()
    return added


def demo_user() -> User:
    """Return the user ana, whose password is ``correct horse``; make her if need be."""
    ana: User | None = db.session.scalar(select(User).filter_by(username="ana"))
    if ana is None:
        ana = accounts.new_user("ana", "correct horse", "Europe/Vienna")
        db.session.add(ana)
        db.session.commit()
    return ana
