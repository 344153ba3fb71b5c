"""The objectives over time: what the counters showed, minute by minute."""

import socket
from contextlib import suppress
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from common import clock

from . import slo
from .models import Snapshot, db
from .schemas import ObjectiveOut, Slo
from .slo import Counts

KEEP = slo.PERIOD + timedelta(days=1)
NOTHING = Counts(0, 0, 0)


def remember() -> None:
    """Store what the counters show, and forget what is too old; once a minute, by the scheduler."""
    minute = clock.now().replace(second=0, microsecond=0)
    last = at_most(minute)
    if last is not None and last.at == minute:
        return
    raw = current_app.extensions["metrics"].counts()
    made = Snapshot(host=socket.gethostname(), at=minute, **total_until_now(last, raw)._asdict())
    made.raw_requests, made.raw_failed, made.raw_slow = raw
    db.session.add(made)
    if last is not None:  # not "now": after a long pause the last one is still needed
        too_old = (Snapshot.host == last.host) & (Snapshot.at < last.at - KEEP)
        db.session.execute(delete(Snapshot).where(too_old))
    with suppress(IntegrityError):  # another scheduler was first
        db.session.commit()


def report() -> Slo:
    """Compute budgets and burn rates from the counters and what they showed before."""
    now = clock.now()
    total = total_until_now(at_most(now), current_app.extensions["metrics"].counts())
    windows = slo.WINDOWS | {"period": slo.PERIOD}
    grown = {
        name: slo.increase(totals_of(at_most(now - window)), total)
        for name, window in windows.items()
    }
    states = [state_of(objective, grown) for objective in slo.OBJECTIVES]
    return Slo(period_days=slo.PERIOD.days, objectives=states)


def state_of(objective: slo.Objective, grown: dict[str, Counts]) -> ObjectiveOut:
    """Say how an objective stands, given how the counters have grown in each window."""
    bad = {name: getattr(counts, objective.bad) for name, counts in grown.items()}
    asked = {name: counts.requests for name, counts in grown.items()}
    target = objective.target
    rates = {name: slo.burn_rate(bad[name], asked[name], target) for name in slo.WINDOWS}
    found = {
        "requests": asked["period"],
        "bad": bad["period"],
        "budget_left": round(slo.budget_left(bad["period"], asked["period"], target), 4),
        "burn_rates": {name: round(rate, 4) for name, rate in rates.items()},
        "alert": slo.alert(rates),
    }
    return ObjectiveOut.model_validate(objective._asdict() | found)


def at_most(moment: datetime) -> Snapshot | None:
    """Return the last snapshot of this machine's counters that is not after ``moment``."""
    mine = select(Snapshot).where(Snapshot.host == socket.gethostname(), Snapshot.at <= moment)
    found: Snapshot | None = db.session.scalar(mine.order_by(Snapshot.at.desc()).limit(1))
    return found


def totals_of(found: Snapshot | None) -> Counts:
    """Return what had been counted by then; before the first snapshot that is nothing."""
    return Counts(found.requests, found.failed, found.slow) if found else NOTHING


def total_until_now(last: Snapshot | None, raw: Counts) -> Counts:
    """Return the total that never falls, given what the counters show now."""
    if last is None:
        return raw
    grown = slo.increase(Counts(last.raw_requests, last.raw_failed, last.raw_slow), raw)
    return Counts(*map(sum, zip(totals_of(last), grown, strict=True)))
