"""Demo data: a month that has been, and made-up minutes in any number."""

import socket
from datetime import datetime, timedelta
from math import sin
from random import Random

from flask import current_app
from sqlalchemy import func, insert, select, update

from common import clock

from . import history
from .models import Snapshot, db
from .slo import Counts

HOURS = 31 * 24
OUTAGE = HOURS - 100  # an hour in which every tenth request failed


def seed() -> int:
    """Add an hourly history of 31 days if there is none; return how many snapshots were added."""
    if history.oldest():
        return 0
    random = Random(45)  # noqa: S311  # the same numbers for everybody
    raw = current_app.extensions["metrics"].counts()
    now = clock.now().replace(second=0, microsecond=0)
    total = history.NOTHING
    for hour in range(HOURS + 1):
        moment = now - timedelta(hours=HOURS - hour)
        db.session.add(history.snapshot(moment, total, raw))
        requests = round(600 + 300 * sin(hour / 24 * 6.28))
        failed = requests // 10 if hour == OUTAGE else int(random.random() < requests / 5000)
        slow = round(requests * random.uniform(0, 0.006))
        total = Counts(total.requests + requests, total.failed + failed, total.slow + slow)
    db.session.commit()
    return HOURS + 1


def fill(rows: int) -> None:
    """Add ``rows`` minutes before the first one that there is."""
    host, random = socket.gethostname(), Random(45)  # noqa: S311  # made up anyway
    first: datetime | None = db.session.scalar(
        select(func.min(Snapshot.at)).where(Snapshot.host == host)
    )
    end = first or clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    total, made = history.NOTHING, []
    for number in range(rows):
        total = Counts(
            total.requests + random.randrange(20),
            total.failed + (random.random() < 0.005),  # noqa: PLR2004
            total.slow + (random.random() < 0.05),  # noqa: PLR2004
        )
        raw = {"raw_requests": 0, "raw_failed": 0, "raw_slow": 0}
        at = end - timedelta(minutes=rows - number)
        made.append({"host": host, "at": at, **total._asdict(), **raw})
    db.session.execute(
        update(Snapshot)
        .where(Snapshot.host == host)
        .values(
            requests=Snapshot.requests + total.requests,
            failed=Snapshot.failed + total.failed,
            slow=Snapshot.slow + total.slow,
        )
    )
    db.session.execute(insert(Snapshot), made)
    db.session.commit()
