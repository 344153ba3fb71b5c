"""Demo data, and made-up rows in any number."""

from sqlalchemy import func, insert, select

from .models import Note, db

DEMO = ("Buy oats and apples", "Ring Ana about the boat")


def seed() -> int:
    """Add the demo notes, unless there are notes already; return how many."""
    if db.session.scalar(select(func.count()).select_from(Note)):
        return 0
    db.session.add_all([Note(text=text, color="yellow") for text in DEMO])
    db.session.commit()
    return len(DEMO)


def fill(rows: int) -> None:
    """Add ``rows`` notes, one in a thousand of them green."""
    made = [{"text": f"Note {n}", "color": "yellow" if n % 1000 else "green"} for n in range(rows)]
    db.session.execute(insert(Note), made)
    db.session.commit()
