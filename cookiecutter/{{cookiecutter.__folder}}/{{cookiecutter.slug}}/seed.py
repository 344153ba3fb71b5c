"""Demo data."""

from sqlalchemy import insert, select

from .models import Entry, db
from .priority import score

DEMO = [  # name, value, effort
    ("Repaint the fence", 6, 12),
    ("Fix the leaking tap", 20, 2),
    ("Sort old photographs", 3, 15),
    ("Renew the passport", 30, 4),
    ("Water the plants", 8, 1),
]


def seed() -> int:
    """Add the demo entries that are not there; return how many."""
    present = set(db.session.scalars(select(Entry.name)))
    missing = [row(*entry) for entry in DEMO if entry[0] not in present]
    if missing:
        db.session.execute(insert(Entry), missing)
        db.session.commit()
    return len(missing)


def row(name: str, value: int, effort: int) -> dict[str, object]:
    """Return the columns of an entry."""
    return {"name": name, "value": value, "effort": effort, "priority": score(value, effort)}
