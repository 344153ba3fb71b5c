"""How a click is counted, and what the counts add up to."""

from datetime import date, timedelta

from sqlalchemy import func, select

from common import clock
from common.database import insert

from .models import DailyClicks, Link, db
from .schemas import DayClicks, HostClicks, StatsOut

TOP = 10  # referrers in the statistics


def count(link_id: int, day: date, referrer: str) -> None:
    """Add one to the clicks of a link on a day from a host; the database adds, so none is lost."""
    statement = insert(db, DailyClicks).values(
        link_id=link_id, day=day, referrer=referrer, clicks=1
    )
    statement = statement.on_conflict_do_update(
        index_elements=["link_id", "day", "referrer"],
        set_={"clicks": DailyClicks.clicks + 1},
    )
    db.session.execute(statement)


def statistics(link: Link, days: int) -> StatsOut:
    """Add up the clicks of a link in the last ``days`` days in UTC, today included."""
    today = clock.now().date()
    first = today - timedelta(days=days - 1)
    by_day = clicks_by_day(link, first)
    per_day = []
    for number in range(days):
        day = first + timedelta(days=number)
        per_day.append(DayClicks(date=day, clicks=by_day.get(day, 0)))
    return StatsOut(
        code=link.code,
        clicks=link.clicks,
        per_day=per_day,
        top_referrers=busiest_hosts(link, first),
    )


def clicks_by_day(link: Link, first: date) -> dict[date, int]:
    """Return the clicks of each day from ``first`` on that had any."""
    statement = (
        select(DailyClicks.day, func.sum(DailyClicks.clicks))
        .where(DailyClicks.link_id == link.id, DailyClicks.day >= first)
        .group_by(DailyClicks.day)
    )
    rows = db.session.execute(statement).all()
    return dict(rows)


def busiest_hosts(link: Link, first: date) -> list[HostClicks]:
    """Return the hosts that sent most visitors from ``first`` on, the busiest first."""
    clicks = func.sum(DailyClicks.clicks)
    statement = (
        select(DailyClicks.referrer, clicks)
        .where(DailyClicks.link_id == link.id, DailyClicks.day >= first)
        .group_by(DailyClicks.referrer)
        .order_by(clicks.desc(), DailyClicks.referrer)
        .limit(TOP)
    )
    rows = db.session.execute(statement)
    busiest = []
    for host, number in rows:
        busiest.append(HostClicks(host=host or None, clicks=number))
    return busiest
