"""Made-up previews in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from pathlib import Path

from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from sqlalchemy import insert

from link_preview.models import Preview, db
from link_preview.seed import kept

LISTS = ["/preview?url=https://made-up.example/7"]
READS_EVERYTHING: dict[str, str] = {}


def rows(number: int) -> None:
    """Keep the previews of ``number`` pages."""
    previews = []
    for place in range(number):
        url = f"https://made-up.example/{place}"
        fields = {
            "canonical_url": url,
            "title": f"Page {place}",
            "type": "website",
            "favicon": "https://made-up.example/favicon.ico",
        }
        previews.append(kept(url, fields))
    db.session.execute(insert(Preview), previews)
    db.session.commit()


if __name__ == "__main__":
    growth.main(rows)
