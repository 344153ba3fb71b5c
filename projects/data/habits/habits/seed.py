"""Demo data of a user."""

from datetime import timedelta
from random import Random

from sqlalchemy import insert, select

from common import accounts

from .days import today_for
from .models import WEEKDAYS, CheckIn, Habit, db

EVERY_DAY = list(WEEKDAYS)
WORKDAYS = EVERY_DAY[:5]
MON_WED_FRI = ["mon", "wed", "fri"]
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
    ana = accounts.demo_user("ana", "Europe/Vienna")
    if db.session.scalar(select(Habit.id).filter_by(user_id=ana.id).limit(1)):
        db.session.commit()
        return 0
    random = Random(45)  # noqa: S311  # the same for everybody
    today = today_for(ana)
    begun = today - timedelta(days=DEMO_DAYS)
    added = 0
    for name, weekdays, target, chance in DEMO:
        habit = Habit(user_id=ana.id, name=name, started_on=begun)
        habit.weekdays = weekdays
        habit.target_per_day = target
        db.session.add(habit)
        db.session.flush()
        rows = []
        for back in range(1, DEMO_DAYS):  # today is open
            day = today - timedelta(days=back)
            if WEEKDAYS[day.weekday()] not in weekdays:
                continue
            if back <= DEMO_STREAK:
                rows.append({"habit_id": habit.id, "day": day, "count": target})
            elif random.random() < chance:
                count = random.randint(max(1, target - 1), target)
                rows.append({"habit_id": habit.id, "day": day, "count": count})
        db.session.execute(insert(CheckIn), rows)
        added += 1 + len(rows)
    db.session.commit()
    return added
