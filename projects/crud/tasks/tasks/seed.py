"""Demo data."""

from datetime import timedelta

from sqlalchemy import select

from common import clock

from .models import Task, db

DEMO = [  # title, days until it is due, is it completed
    ("Water the plants", 1, False),
    ("Return the library books", -2, False),
    ("Renew the passport", 30, False),
    ("Fix the leaking tap", -5, True),
    ("Learn to juggle", None, False),
]


def seed() -> int:
    """Add the demo tasks that are not there; return how many."""
    now = clock.now()
    evening = now.replace(hour=18, minute=0, second=0, microsecond=0)
    stored = set(db.session.scalars(select(Task.title)))
    added = 0
    for order, (title, days, is_completed) in enumerate(DEMO, start=1):
        if title in stored:
            continue
        task = Task(title=title, order=order, created_at=now, updated_at=now)
        if days is not None:
            task.due = evening + timedelta(days=days)
        if is_completed:
            task.completed = True
            task.completed_at = now
        db.session.add(task)
        added += 1
    db.session.commit()
    return added
