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
    if history.last_snapshot(clock.now()):
        return 0
    random = Random(45)  # noqa: S311  # made up
    raw = current_app.extensions["metrics"].counts()
    total = history.NOTHING
    totals = [total]
    for step in range(DAYS * STEPS_A_DAY):
        requests = round(50 + 25 * sin(step / STEPS_A_DAY * tau))
        failed = int(random.random() < requests / 5000)
        slow = int(random.random() < requests / 250)
        if step in OUTAGE:
            failed = requests // 8
        total += Counts(requests, failed, slow)
        totals.append(total)
    store(totals, this_minute(), timedelta(minutes=5), raw)
    return len(totals)


def this_minute() -> datetime:
    """Return the moment of a snapshot that is made now."""
    return clock.now().replace(second=0, microsecond=0)


def store(totals: list[Counts], last: datetime, step: timedelta, raw: Counts) -> None:
    """Store snapshots with these totals, ``step`` apart, the last one at ``last``."""
    moment = last - step * (len(totals) - 1)
    rows = []
    for total in totals:
        row = {"host": socket.gethostname(), "at": moment}
        row |= {"requests": total.requests, "failed": total.failed, "slow": total.slow}
        row |= {"raw_requests": raw.requests, "raw_failed": raw.failed, "raw_slow": raw.slow}
        rows.append(row)
        moment += step
    db.session.execute(insert(Snapshot), rows)
    db.session.commit()
