"""Made-up notes in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from pathlib import Path

from sqlalchemy import insert

from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from notes.models import Note, db

LISTS = ["/notes?color=green"]
READS_EVERYTHING: dict[str, str] = {}


def rows(number: int) -> None:
    """Add ``number`` notes, one in a thousand of them green."""
    notes = []
    for place in range(number):
        color = "yellow" if place % 1000 else "green"
        name = f"Note {place}"
        notes.append({"title": name, "text": name, "color": color})
    db.session.execute(insert(Note), notes)
    db.session.commit()


if __name__ == "__main__":
    growth.main(rows)
