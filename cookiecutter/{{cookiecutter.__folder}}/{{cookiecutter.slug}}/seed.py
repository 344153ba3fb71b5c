"""Demo data, and made-up rows in any number."""

import random

from sqlalchemy import func, insert, select

from .models import Entry, db
from .priority import MOST, score

DEMO = [  # name, value, effort
    ("Repaint the fence", 6, 12),
    ("Fix the leaking tap", 20, 2),
    ("Sort old photographs", 3, 15),
    ("Renew the passport", 30, 4),
    ("Water the plants", 8, 1),
]
BATCH = 10_000


def seed() -> int:
    """Add the demo entries that are not there; return how many."""
    present = set(db.session.scalars(select(Entry.name)))
    missing = [row(*entry) for entry in DEMO if entry[0] not in present]
    if missing:
        db.session.execute(insert(Entry), missing)
        db.session.commit()
    return len(missing)


def fill(rows: int) -> None:
    """Add ``rows`` made-up entries: most are small, a few are large."""
    dice = random.Random(45)  # noqa: S311  # the same for everybody
    first = db.session.scalars(select(func.coalesce(func.max(Entry.id), 0))).one() + 1
    for start in range(first, first + rows, BATCH):
        numbers = range(start, min(start + BATCH, first + rows))
        db.session.execute(
            insert(Entry),
            [row(f"Made-up entry {n}", dice.randint(1, MOST), skewed(dice)) for n in numbers],
        )
        db.session.commit()


def row(name: str, value: int, effort: int) -> dict[str, object]:
    """Return the columns of an entry."""
    return {"name": name, "value": value, "effort": effort, "priority": score(value, effort)}


def skewed(dice: random.Random) -> int:
    """Return an effort from 1 to MOST: 1 for every second entry, MOST for one in a hundred."""
    return min(int(dice.paretovariate(1)), MOST)
