"""Made-up habits and check-ins in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, insert, select

from common import accounts
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from habits.days import today_for
from habits.models import CheckIn, Habit, db
from habits.seed import EVERY_DAY, MON_WED_FRI, WORKDAYS

LISTS = ["/habits?page=50", "/habits?per_page=100", "/habits/1/stats", "/habits/1/calendar"]
READS_EVERYTHING: dict[str, str] = {}

TEN_YEARS = 3652  # days


def rows(number: int) -> None:
    """Give the user ana ``number`` more habits, the first of them done daily for ten years."""
    ana = accounts.demo_user("ana", "Europe/Vienna")
    today = today_for(ana)
    begun = today - timedelta(days=TEN_YEARS)
    random = Random(45)
    first = (db.session.scalar(select(func.max(Habit.id))) or 0) + 1
    habit_ids = range(first, first + number)
    habits = []
    check_ins = []
    for habit_id in habit_ids:
        habits.append(
            {
                "id": habit_id,
                "user_id": ana.id,
                "name": f"Habit {habit_id}",
                "started_on": begun,
                "weekdays": random.choice([EVERY_DAY, WORKDAYS, MON_WED_FRI]),
                "target_per_day": 1,
            }
        )
        check_ins.append(check_in(habit_id, today - timedelta(days=1)))
    habits[0]["weekdays"] = EVERY_DAY
    check_ins[0] = check_in(first, today)
    for back in range(1, TEN_YEARS):
        check_ins.append(check_in(first, today - timedelta(days=back)))
    db.session.execute(insert(Habit), habits)
    db.session.execute(insert(CheckIn), check_ins)
    if db.engine.dialect.name == "postgresql":  # the ids were ours: its sequence must go on there
        db.session.execute(select(func.setval("habit_id_seq", habit_ids[-1])))
    db.session.commit()


def check_in(habit_id: int, day: date) -> dict[str, object]:
    """Return the columns of a check-in."""
    return {"habit_id": habit_id, "day": day, "count": 1}


if __name__ == "__main__":
    growth.main(rows)
