"""Made-up links in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from pathlib import Path
from random import Random

from sqlalchemy import insert, update

from common import clock
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from url_shortener import codes, links
from url_shortener.models import Code, DailyClicks, Link, Serial, db

LISTS = ["/links?page=50", "/links?per_page=100"]
READS_EVERYTHING = {"/links?q": "It looks for any part of a URL, and no index does that."}


def rows(number: int) -> None:
    """Add ``number`` links: a few with very many clicks of today, most with hardly any."""
    now = clock.now()
    key = links.code_key()
    random = Random(45)
    first = links.next_number()
    db.session.execute(update(Serial).values(last=first + number - 1))
    made = []
    clicks = []
    for link_id in range(first, first + number):
        link = {
            "id": link_id,
            "code": codes.encode(link_id, key),
            "url": f"https://{random.randrange(500)}.example/articles/{link_id}",
            "permanent": False,
            "created_at": now,
            "clicks": int(random.paretovariate(1)),
        }
        made.append(link)
        clicks.append(
            {"link_id": link_id, "day": now.date(), "referrer": "", "clicks": link["clicks"]}
        )
    db.session.execute(insert(Code), [{"code": link["code"]} for link in made])
    db.session.execute(insert(Link), made)
    db.session.execute(insert(DailyClicks), clicks)
    db.session.commit()


if __name__ == "__main__":
    growth.main(rows)
