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
from .schemas import ObjectiveState, SloOut
from .slo import Counts

KEEP = slo.PERIOD + timedelta(days=1)
NOTHING = Counts(0, 0, 0)


def remember() -> None:
    """Store what the counters show, and forget what is too old; once a minute, by the scheduler."""
    minute = clock.now().replace(second=0, microsecond=0)
    last = last_snapshot(minute)
    if last is not None:
        oldest = last.at - KEEP  # not of "now": after a long pause the last one is still needed
        old_snapshots = delete(Snapshot).where(Snapshot.host == last.host, Snapshot.at < oldest)
        db.session.execute(old_snapshots)
    raw = current_app.extensions["metrics"].counts()
    total = total_until_now(last, raw)
    db.session.add(Snapshot(host=socket.gethostname(), at=minute, total=total, raw=raw))
    with suppress(IntegrityError):  # this minute has one
        db.session.commit()


def report() -> SloOut:
    """Compute budgets and burn rates from the counters and what they showed before."""
    now = clock.now()
    raw = current_app.extensions["metrics"].counts()
    total = total_until_now(last_snapshot(now), raw)
    grown = {}
    for name, window in slo.WINDOWS.items():
        grown[name] = slo.increase(total_at(now - window), total)
    in_period = slo.increase(total_at(now - slo.PERIOD), total)
    objectives = [state_of(objective, in_period, grown) for objective in slo.OBJECTIVES]
    return SloOut(period_days=slo.PERIOD.days, objectives=objectives)


def state_of(
    objective: slo.Objective, period: Counts, windows: dict[str, Counts]
) -> ObjectiveState:
    """Say how an objective stands, given how the counters have grown in each window."""
    burn_rates = {}
    for name, counts in windows.items():
        bad = getattr(counts, objective.bad)
        rate = slo.burn_rate(bad, counts.requests, objective.target)
        burn_rates[name] = round(rate, 4)
    bad = getattr(period, objective.bad)
    budget_left = slo.budget_left(bad, period.requests, objective.target)
    return ObjectiveState(
        name=objective.name,
        text=objective.text,
        target=objective.target,
        requests=period.requests,
        bad=bad,
        budget_left=round(budget_left, 4),
        burn_rates=burn_rates,
        alert=slo.alert(burn_rates),
    )


def last_snapshot(moment: datetime) -> Snapshot | None:
    """Return the last snapshot of this machine's counters that is not after ``moment``."""
    statement = select(Snapshot).where(Snapshot.host == socket.gethostname(), Snapshot.at <= moment)
    statement = statement.order_by(Snapshot.at.desc()).limit(1)
    snapshot: Snapshot | None = db.session.scalar(statement)
    return snapshot


def total_at(moment: datetime) -> Counts:
    """Return what had been counted by then; before the first snapshot that is nothing."""
    snapshot = last_snapshot(moment)
    return snapshot.total if snapshot else NOTHING


def total_until_now(last: Snapshot | None, raw: Counts) -> Counts:
    """Return the total that never falls, given what the counters show now."""
    if last is None:
        return raw
    return last.total + slo.increase(last.raw, raw)
