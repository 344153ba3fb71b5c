"""How a click is counted, and what the counts add up to."""

from datetime import date, timedelta

from sqlalchemy import func, select

from common import clock

from .models import DailyClicks, Link, db, upsert
from .schemas import Day, Referrer, Stats

TOP = 10  # referrers in the statistics


def count(link_id: int, day: date, referrer: str) -> None:
    """Add one to the clicks of a link on a day from a host; the database adds, so none is lost."""
    key = {"link_id": link_id, "day": day, "referrer": referrer}
    db.session.execute(upsert(DailyClicks, key, {"clicks": DailyClicks.clicks + 1}, clicks=1))


def statistics(link: Link, days: int) -> Stats:
    """Add up the clicks of a link in the last ``days`` days in UTC, today included."""
    today = clock.now().date()
    period = [today - timedelta(days=back) for back in reversed(range(days))]
    mine = (DailyClicks.link_id == link.id) & DailyClicks.day.between(period[0], today)
    total = func.sum(DailyClicks.clicks).label("clicks")
    by_day = select(DailyClicks.day, total).where(mine).group_by(DailyClicks.day)
    by_host = select(DailyClicks.referrer, total).where(mine).group_by(DailyClicks.referrer)
    busiest = by_host.order_by(total.desc(), DailyClicks.referrer).limit(TOP)
    found = {row.day: row.clicks for row in db.session.execute(by_day)}
    return Stats(
        code=link.code,
        clicks=link.clicks,
        per_day=[Day(date=day, clicks=found.get(day, 0)) for day in period],
        top_referrers=[
            Referrer(host=host or None, clicks=n) for host, n in db.session.execute(busiest)
        ],
    )
