"""Which date it is where, and which dates can be written to."""

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import clock as clock_module
from common.errors import Problem
from habits.days import today_for, writable

TODAY = date(2026, 3, 12)


@pytest.fixture
def at():
    """Set the clock to a moment."""
    yield clock_module.set_to
    clock_module.reset()


def living_in(zone):
    return SimpleNamespace(time_zone=zone)


@pytest.mark.parametrize(
    ("moment", "zone", "today"),
    [
        ("2026-03-12T23:59:59Z", "UTC", date(2026, 3, 12)),
        ("2026-03-13T00:00:00Z", "UTC", date(2026, 3, 13)),
        ("2026-03-12T23:30:00Z", "Europe/Vienna", date(2026, 3, 13)),
        ("2026-03-13T03:59:59Z", "America/New_York", date(2026, 3, 12)),
        ("2026-03-13T04:00:00Z", "America/New_York", date(2026, 3, 13)),
        ("2026-03-12T10:00:00Z", "Pacific/Kiritimati", date(2026, 3, 13)),
        ("2026-03-12T10:59:59Z", "Pacific/Pago_Pago", date(2026, 3, 11)),
        ("2026-03-12T18:15:00Z", "Asia/Kathmandu", date(2026, 3, 13)),
        # the clocks go forward at 01:00 UTC, and back at 01:00 UTC
        ("2026-03-28T22:59:59Z", "Europe/Vienna", date(2026, 3, 28)),
        ("2026-03-28T23:00:00Z", "Europe/Vienna", date(2026, 3, 29)),
        ("2026-03-29T21:59:59Z", "Europe/Vienna", date(2026, 3, 29)),
        ("2026-03-29T22:00:00Z", "Europe/Vienna", date(2026, 3, 30)),
        ("2026-10-25T22:59:59Z", "Europe/Vienna", date(2026, 10, 25)),
        ("2026-10-25T23:00:00Z", "Europe/Vienna", date(2026, 10, 26)),
    ],
)
def test_today_is_the_date_on_the_wall(at, moment, zone, today):
    at(moment)
    assert today_for(living_in(zone)) == today


@pytest.mark.parametrize(("day", "is_writable"), [(12, True), (13, False), (1, True)])
def test_day_to_come_is_refused(day, is_writable):
    day = date(2026, 3, day)
    if is_writable:
        assert writable(day, TODAY) == day
    else:
        with pytest.raises(Problem, match="yet to come"):
            writable(day, TODAY)


@given(st.dates())
def test_writable_are_today_and_thirty_days_before(day):
    try:
        is_writable = writable(day, TODAY) == day
    except Problem as problem:
        is_writable = problem.code != 422
    assert is_writable == (0 <= (TODAY - day).days <= 30)


def test_day_too_long_ago_is_refused_with_the_earliest():
    with pytest.raises(Problem, match="2026-02-10 is the earliest"):
        writable(date(2026, 2, 9), TODAY)
