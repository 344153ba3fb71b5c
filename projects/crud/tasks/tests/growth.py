"""Made-up tasks in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database. Most tasks were completed long ago; of those
that are open, few are overdue.
"""

import sys
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import insert

from common import clock
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from tasks.models import Task, db

LISTS = [
    "/tasks",
    "/tasks?per_page=20&page=20",
    "/tasks?per_page=20&completed=true",
    "/tasks?per_page=20&completed=false",
    "/tasks?per_page=20&overdue=true",
    "/tasks?overdue=false",
    "/tasks?per_page=20&due_before=2000-01-01T00:00:00Z&sort=due",
    "/tasks?per_page=20&due_after=2099-01-01T00:00:00Z&sort=due",
    "/tasks?per_page=20&sort=title",
    "/tasks?per_page=20&sort=-title",
    "/tasks?per_page=20&sort=due",
    "/tasks?per_page=20&sort=-due",
    "/tasks?per_page=20&sort=created_at",
    "/tasks?per_page=20&sort=-order",
]
READS_EVERYTHING: dict[str, str] = {}

BATCH = 10_000
OPEN, OVERDUE = 0.1, 0.001  # shares of all


def rows(number: int) -> None:
    """Add ``number`` tasks; every second one has a due, and most an order."""
    random = Random(45)
    for start in range(0, number, BATCH):
        tasks = [task(random) for _ in range(min(BATCH, number - start))]
        db.session.execute(insert(Task), tasks)
        db.session.commit()


def task(random: Random) -> dict[str, object]:
    """Return the columns of a task."""
    now = clock.now()
    chance = random.random()
    days = random.uniform(1, 365)
    is_completed = chance >= OPEN
    due = None
    if chance < OVERDUE:
        due = now - timedelta(days=days)
    elif random.random() < 0.5:  # every second one
        due = now + timedelta(days=days)
    return {
        "title": f"Task {random.randrange(10**6)}",
        "completed": is_completed,
        "order": random.choice([None, *range(1, 1_000)]),
        "due": due,
        "created_at": now - timedelta(days=days),
        "updated_at": now,
        "completed_at": now if is_completed else None,
    }


if __name__ == "__main__":
    growth.main(rows)
