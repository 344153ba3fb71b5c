"""The laws of local times and of recurrence rules."""

import time
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_reminders.occurrences import FIRST, LAST, checked, moment, occurrences

ZONES = ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
local_times = st.integers(0, 37 * 366 * 86400).map(
    lambda seconds: FIRST + timedelta(seconds=seconds)
)
zones = st.sampled_from(ZONES)
START = datetime.fromisoformat("2026-03-02T09:00:00")  # a Monday


@given(local_times, zones)
def test_clocks_show_local_time_or_they_skip_it_and_show_later_one(local, zone):
    shown = moment(local, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert timedelta(0) <= shown - local <= timedelta(days=1), "only Samoa skips a whole day"


@given(local_times, zones)
def test_no_earlier_moment_shows_same_local_time(naive, zone):
    at = naive.replace(tzinfo=UTC)
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert moment(local, zone) <= at


@given(local_times, zones, st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
def test_series_begins_with_its_start_and_never_stands_still(local, zone, frequency):
    rule = checked(f"FREQ={frequency}", local, zone)

    found = [*islice(occurrences(local, zone, rule), 50)]

    assert found[0] == moment(local, zone)
    assert all(earlier < later for earlier, later in pairwise(found))


def test_day_that_calendar_skips_is_no_second_occurrence():
    # Samoa went from 29 to 31 December 2011 over the date line.
    start = datetime.fromisoformat("2011-12-29T09:00:00")

    found = occurrences(start, "Pacific/Apia", checked("FREQ=DAILY;COUNT=4", start, "Pacific/Apia"))

    days = [at.astimezone(ZoneInfo("Pacific/Apia")).day for at in found]
    assert days == [29, 31, 1]


def test_series_ends_with_year_2069():
    start = datetime.fromisoformat("2069-12-30T09:00:00")

    found = [*occurrences(start, "UTC", "FREQ=DAILY")]

    assert [at.day for at in found] == [30, 31]
    assert found[-1] <= LAST.replace(tzinfo=UTC)


def test_rule_is_written_down_in_capital_letters_and_without_its_name():
    rule = checked("rrule:freq=weekly;byday=mo,We", START, "UTC")

    assert rule == "FREQ=WEEKLY;BYDAY=MO,WE"


def test_series_may_end_with_its_first_occurrence():
    rule = checked("FREQ=DAILY;UNTIL=20260302T090000Z", START, "UTC")

    assert [*occurrences(START, "UTC", rule)] == [START.replace(tzinfo=UTC)]


def test_until_is_moment_and_not_local_time():
    # 20:00 in New York is one o'clock on the next day in UTC.
    start = datetime.fromisoformat("2026-01-05T20:00:00")
    rule = checked("FREQ=DAILY;UNTIL=20260107T010000Z", start, "America/New_York")

    assert len([*occurrences(start, "America/New_York", rule)]) == 2


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=SECONDLY", "wrong FREQ=SECONDLY"),
        ("BYDAY=MO", "needs a FREQ"),
        ("FREQ=DAILY;BYHOUR=9", "known are"),
        ("FREQ=DAILY;UNTIL=20261231", "moment in UTC"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20261231T000000Z", "one of them"),
        ("FREQ=DAILY;BYSETPOS=1;BYDAY=MO", "needs FREQ=MONTHLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=2", "BYMONTHDAY with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYDAY=1MO;INTERVAL=0", "wrong INTERVAL=0"),
        ("FREQ=DAILY;BYDAY=1MO", "needs FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYSETPOS=1", "no days of which"),
        ("FREQ=YEARLY;BYMONTH=13", "wrong BYMONTH=13"),
        ("FREQ=YEARLY;BYMONTH=00", "wrong BYMONTH=00"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "wrong BYMONTHDAY=32"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1,0", "wrong BYSETPOS=1,0"),
        ("FREQ=MONTHLY;BYDAY=6MO", "wrong BYDAY=6MO"),
        ("FREQ=WEEKLY;BYDAY=TU", "first occurrence"),
        ("FREQ=DAILY;UNTIL=20260302T085959Z", "ends before"),
    ],
)
def test_refusal_says_why(rule, reason):
    with pytest.raises(ValueError, match=reason):
        checked(rule, START, "UTC")


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;BYMONTH=02;BYMONTHDAY=+30,-31",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=2,20;BYSETPOS=3",
    ],
)
def test_rule_that_never_comes_true_is_refused_quickly(rule):
    began = time.process_time()
    with pytest.raises(ValueError, match="first occurrence"):
        checked(rule, START, "UTC")

    assert time.process_time() - began < 3, "dateutil looks until the year 9999"
