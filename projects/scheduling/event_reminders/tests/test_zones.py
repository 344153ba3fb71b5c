"""Zones as a calendar file describes them, against the zone data themselves."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_reminders.zones import describe, offset, onsets, yearly

MANY = [
    "Europe/Vienna",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",  # changed at one minute past midnight until 2011
    "America/Santiago",  # on the Sunday from the second to the eighth, in many years
    "America/Recife",  # summer time for a single week in October 2000
    "Africa/Casablanca",  # pauses in each Ramadan
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # by a day
    "UTC",
]


def reading(zone):
    """Return how another program reads a zone: a function from a moment to the offset."""
    read = icalendar.Timezone.from_ical(describe(zone).to_ical())
    times, offsets = read.get_transitions()

    def offset_at(at):
        place = bisect_right(times, at.replace(tzinfo=None))
        return offsets[max(place, 1) - 1][0]

    return offset_at


@pytest.mark.parametrize("zone", MANY)
def test_description_says_when_clocks_change(zone):
    offset_at = reading(zone)
    wall = ZoneInfo(zone)
    at = datetime(2000, 1, 3, 12, tzinfo=UTC)

    while at.year < 2038:  # icalendar reads no rule farther
        assert offset_at(at) == offset(at, wall), at
        at += timedelta(days=3)


@pytest.mark.parametrize("zone", MANY)
def test_onset_is_first_second_of_another_offset(zone):
    wall = ZoneInfo(zone)

    for begun, before in list(onsets(zone))[1:]:
        at = begun.astimezone(UTC)
        assert offset(at - timedelta(seconds=1), wall) == before, at
        assert offset(at, wall) != before, at


@pytest.mark.parametrize(
    ("zone", "most"), [("Asia/Tokyo", 1), ("Europe/Vienna", 3), ("America/New_York", 5)]
)
def test_rules_tell_of_all_years_at_once(zone, most):
    assert len(describe(zone).subcomponents) == most


@pytest.mark.parametrize("zone", MANY)
def test_no_zone_is_described_at_length(zone):
    assert len(describe(zone).to_ical()) < 20_000


@given(st.datetimes(datetime(2000, 1, 1), datetime(2069, 12, 31)))  # noqa: DTZ001  # local
def test_yearly_rule_has_its_day(local):
    rule = icalendar.vRecur.from_ical(yearly(local))
    number, weekday = int(rule["BYDAY"][0][:-2]), rule["BYDAY"][0][-2:]

    assert rule["BYMONTH"] == [local.month]
    assert weekday == ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[local.weekday()]
    if number == -1:
        assert (local + timedelta(days=7)).month != local.month or local.month == 2
    else:
        assert (local.day - 1) // 7 == number - 1
