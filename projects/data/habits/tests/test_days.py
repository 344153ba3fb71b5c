"""Which date it is where, and which dates can be missed."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import clock as clock_module
from habits.days import DAY, can_be_missed, today_for
from habits.models import Stay

TODAY = date(2026, 3, 12)


@pytest.fixture
def at():
    """Set the clock to a moment."""
    yield clock_module.set_to
    clock_module.reset()


def living_in(zone, *stays):
    """Somebody who lives in a zone now, and had these stays before."""
    return SimpleNamespace(time_zone=zone, stays=stays)


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
def test_today_is_date_on_wall(at, moment, zone, today):
    at(moment)
    assert today_for(living_in(zone)) == today


def test_day_can_be_missed_where_it_ended_on_wall():
    user = living_in("Europe/Vienna")

    assert can_be_missed(TODAY, user)
    assert can_be_missed(TODAY + timedelta(days=400), user)
    assert can_be_missed(date(1971, 1, 1), user)


def test_day_that_zone_left_out_cannot_be_missed():
    days = [date(2011, 12, 28) + timedelta(days=number) for number in range(5)]

    assert [can_be_missed(day, living_in("Pacific/Apia")) for day in days] == [
        True,
        True,
        False,  # 30 December 2011
        True,
        True,
    ]


def test_night_in_which_clocks_change_ends_day():
    for zone, day in [
        ("Europe/Vienna", date(2026, 3, 28)),
        ("Europe/Vienna", date(2026, 10, 24)),
        ("Africa/Cairo", date(2026, 4, 23)),  # forward at midnight: there is no 00:00
        ("America/Havana", date(2026, 3, 7)),
        ("America/Havana", date(2026, 10, 31)),  # back at 01:00: midnight comes twice
    ]:
        missable = [can_be_missed(day + number * DAY, living_in(zone)) for number in range(3)]
        assert missable == [True] * 3, f"{zone} around {day}"


@pytest.mark.parametrize(
    ("old", "new", "moment", "never"),
    [
        # from the 11th to the 13th at once: the 11th did not end, and there was no 12th
        ("Pacific/Pago_Pago", "Pacific/Kiritimati", "2026-03-12T10:30:00Z", [11, 12]),
        ("Pacific/Pago_Pago", "Pacific/Kiritimati", "2026-03-12T12:00:00Z", [12]),
        ("America/New_York", "Europe/Vienna", "2026-03-13T01:00:00Z", [12]),
        ("America/New_York", "Europe/Vienna", "2026-03-12T15:00:00Z", []),
        # a day that comes twice has ended at the latest the second time
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", "2026-03-12T10:30:00Z", []),
        ("Asia/Tokyo", "America/Bogota", "2026-03-12T12:00:00Z", []),
        ("Europe/Vienna", "Europe/Vienna", "2026-03-12T12:00:00Z", []),
    ],
)
def test_move_cuts_off_days_that_do_not_end(old, new, moment, never):
    user = living_in(new, Stay(time_zone=old, until=datetime.fromisoformat(moment)))
    days = [date(2026, 3, number) for number in range(8, 17)]

    assert [day.day for day in days if not can_be_missed(day, user)] == never


def test_day_lived_again_after_way_back_can_be_missed():
    there = Stay(time_zone="Pacific/Pago_Pago", until=datetime(2026, 3, 12, 10, 30, tzinfo=UTC))
    back = Stay(time_zone="Pacific/Kiritimati", until=datetime(2026, 3, 12, 10, 40, tzinfo=UTC))

    assert can_be_missed(date(2026, 3, 12), living_in("Pacific/Pago_Pago", there, back))


def test_day_of_moving_at_midnight_has_ended():
    stay = Stay(time_zone="UTC", until=datetime(2026, 3, 13, tzinfo=UTC))

    assert can_be_missed(TODAY, living_in("Pacific/Kiritimati", stay))


@given(
    st.sampled_from(sorted(available_timezones())), st.dates(date(1970, 1, 1), date(2200, 12, 31))
)
def test_only_days_that_zone_left_out_cannot_be_missed(zone, day):
    noon = datetime.combine(day, time(12), ZoneInfo(zone))
    is_there = noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() == day

    assert can_be_missed(day, living_in(zone)) == is_there
