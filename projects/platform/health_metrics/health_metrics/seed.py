"""Demo data: a month that has been."""

import socket
from datetime import datetime, timedelta
from math import sin, tau
from random import Random

from flask import current_app
from sqlalchemy import insert

from common import clock

from . import history
from .models import Snapshot, db
from .slo import Counts

STEPS_A_DAY = 24 * 12  # five minutes each
DAYS = 31
OUTAGE = range(26 * STEPS_A_DAY, 26 * STEPS_A_DAY + 12)  # an hour in which requests failed


def seed() -> int:
    """Add a history of 31 days if there is none; return how many snapshots were added."""
    if history.at_most(clock.now()):
        return 0
    random, raw = Random(45), current_app.extensions["metrics"].counts()  # noqa: S311  # made up
    total, totals = history.NOTHING, [history.NOTHING]
    for step in range(DAYS * STEPS_A_DAY):
        requests = round(50 + 25 * sin(step / STEPS_A_DAY * tau))
        failed = requests // 8 if step in OUTAGE else random.random() < requests / 5000
        slow = random.random() < requests / 250
        total = Counts(total.requests + requests, total.failed + failed, total.slow + slow)
        totals.append(total)
    store(totals, this_minute(), timedelta(minutes=5), raw)
    return len(totals)


def this_minute() -> datetime:
    """Return the moment of a snapshot that is made now."""
    return clock.now().replace(second=0, microsecond=0)


def store(totals: list[Counts], last: datetime, step: timedelta, raw: Counts) -> None:
    """Store snapshots with these totals, ``step`` apart, the last one at ``last``."""
    same = {"host": socket.gethostname()} | {f"raw_{it}": n for it, n in raw._asdict().items()}
    moments = [last - step * back for back in reversed(range(len(totals)))]
    rows = [
        {"at": at, **total._asdict(), **same} for at, total in zip(moments, totals, strict=True)
    ]
    db.session.execute(insert(Snapshot), rows)
    db.session.commit()
