"""Demo data."""

from sqlalchemy import func, select

from .models import Note, db
from .titles import title_of

LENGTH = 20  # of a title, if nothing else is set
DEMO = ("Buy oats and apples", "Ring Ana about the boat")


def seed() -> int:
    """Add the demo notes, unless there are notes already; return how many."""
    if db.session.scalar(select(func.count()).select_from(Note)):
        return 0
    for text in DEMO:
        db.session.add(Note(text=text, title=title_of(text, LENGTH), color="yellow"))
    db.session.commit()
    return len(DEMO)
