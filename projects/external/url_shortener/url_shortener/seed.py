"""Demo data."""

from datetime import timedelta
from itertools import product
from random import Random

from common import clock

from . import links
from .models import DailyClicks, Link, db

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
