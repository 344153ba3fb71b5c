"""Demo data, and made-up rows in any number."""

from datetime import timedelta
from itertools import product
from random import Random

from sqlalchemy import insert, update

from common import clock

from . import codes, links
from .models import Code, DailyClicks, Link, Serial, db

DEMO = {  # alias: (URL, clicks a day from one host at most)
    "summer-sale": ("https://shop.example/summer?utm_source=flyer", 30),
    "rfc-9110": ("https://www.rfc-editor.org/rfc/rfc9110.html#name-redirection-3xx", 4),
    "muenchen": ("https://xn--mnchen-3ya.de/", 2),
    "feistel": ("https://en.wikipedia.org/wiki/Feistel_cipher", 9),
    "sqlalchemy": ("https://docs.sqlalchemy.org/en/20/orm/quickstart.html", 25),
    "flask": ("https://flask.palletsprojects.com/en/stable/", 40),
}
REFERRERS = ("", "news.example", "search.example", "social.example")


def seed() -> int:
    """Add the demo links that are not there, with the clicks of 30 days; return how many."""
    now = clock.now()
    missing = [alias for alias in DEMO if not links.is_taken(alias)]
    for alias in missing:
        random = Random(alias)  # noqa: S311  # the same numbers for everybody
        url, most = DEMO[alias]
        link = Link(id=links.next_number(), code=alias, url=url, clicks=0)
        link.created_at = now - timedelta(days=30)
        link.permanent = alias == "rfc-9110"
        link.expires_at = now - timedelta(days=3) if alias == "summer-sale" else None
        links.store(link)
        for back, host in product(range(4, 30) if link.expires_at else range(30), REFERRERS):
            clicks = random.randint(1, 1 + most * (40 - back) // 40)
            day = (now - timedelta(days=back)).date()
            db.session.add(DailyClicks(link_id=link.id, day=day, referrer=host, clicks=clicks))
            link.clicks += clicks
    db.session.commit()
    return len(missing)


def fill(rows: int) -> None:
    """Add ``rows`` links: a few with very many clicks, most with hardly any, all of them today."""
    random, now, key = Random(45), clock.now(), links.code_key()  # noqa: S311  # made up anyway
    first = links.next_number()
    db.session.execute(update(Serial).values(last=first + rows - 1))
    made = [
        {
            "id": number,
            "code": codes.encode(number, key),
            "url": f"https://{random.randrange(500)}.example/articles/{number}",
            "created_at": now,
            "clicks": int(random.paretovariate(1)),
        }
        for number in range(first, first + rows)
    ]
    day = {"day": now.date(), "referrer": ""}
    counts = [day | {"link_id": link["id"], "clicks": link["clicks"]} for link in made]
    db.session.execute(insert(Code), [{"code": link["code"]} for link in made])
    db.session.execute(insert(Link), made)
    db.session.execute(insert(DailyClicks), counts)
    db.session.commit()
