"""Made-up entries in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from pathlib import Path
from random import Random

from sqlalchemy import func, insert, select

from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from {{ cookiecutter.slug }}.models import Entry, db
from {{ cookiecutter.slug }}.priority import MOST
from {{ cookiecutter.slug }}.seed import row

LISTS = ["/entries?page=50", "/entries?per_page=100"]
READS_EVERYTHING: dict[str, str] = {}

BATCH = 10_000


def rows(number: int) -> None:
    """Add ``number`` entries: most are small, a few are large."""
    random = Random(45)
    first = db.session.scalars(select(func.coalesce(func.max(Entry.id), 0))).one() + 1
    for start in range(first, first + number, BATCH):
        entries = []
        for place in range(start, min(start + BATCH, first + number)):
            value = random.randint(1, MOST)
            effort = min(int(random.paretovariate(1)), MOST)  # 1 for every second entry
            entries.append(row(f"Made-up entry {place}", value, effort))
        db.session.execute(insert(Entry), entries)
        db.session.commit()


if __name__ == "__main__":
    growth.main(rows)
