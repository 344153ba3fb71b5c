"""Demo data."""

from sqlalchemy import func, select

from .models import Note, db

DEMO = ("Buy oats and apples", "Ring Ana about the boat")


def seed() -> int:
    """Add the demo notes, unless there are notes already; return how many."""
    if db.session.scalar(select(func.count()).select_from(Note)):
        return 0
    db.session.add_all([Note(text=text, color="yellow") for text in DEMO])
    db.session.commit()
    return len(DEMO)
