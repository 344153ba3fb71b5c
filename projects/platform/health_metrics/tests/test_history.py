"""What is remembered of the counters, of whom, and for how long."""

import socket
from datetime import timedelta

import pytest

from common import clock as wall
from health_metrics import history
from health_metrics.models import Snapshot, db
from health_metrics.slo import Counts

NOW = "2026-03-31T12:00:00Z"


@pytest.fixture(autouse=True)
def remembered(app, clock):
    """Store a snapshot: ``remembered(days=2, requests=100, raw_requests=7)``."""
    clock.set(NOW)

    def store(days, host=None, requests=0, raw_requests=0):
        moment = wall.now() - timedelta(days=days)
        total, raw = Counts(requests, 0, 0), Counts(raw_requests, 0, 0)
        db.session.add(Snapshot(host=host or socket.gethostname(), at=moment, total=total, raw=raw))
        db.session.commit()

    with app.app_context():
        yield store


def days_remembered():
    rows = db.session.scalars(db.select(Snapshot).order_by(Snapshot.at))
    return [(wall.now() - row.at).days for row in rows]


def test_what_no_window_reaches_is_forgotten(remembered):
    for days in (40, 35, 31, 3):
        remembered(days=days)

    history.remember()

    assert days_remembered() == [31, 3, 0], "31 days before the last snapshot, no more"


def test_counters_that_begin_anew_are_added_to_what_was(remembered):
    remembered(days=3, requests=100)
    remembered(days=2, requests=120, raw_requests=120)

    availability = history.report().objectives[0]

    assert availability.requests == 120, "120 before the counters were lost, none since"


def test_counters_of_another_machine_do_not_matter(remembered):
    remembered(days=31, host="another", requests=5, raw_requests=5)
    remembered(days=2, host="another", requests=50, raw_requests=50)

    assert history.report().objectives[0].requests == 0
