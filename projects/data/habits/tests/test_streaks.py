"""The rules of streaks, on days that can be counted by hand, and their laws."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habits import streaks

TODAY = date(2026, 3, 12)  # a Thursday


def every_day(_):
    return True


def workdays(day):
    return day.weekday() < 5


def back(*days):
    """Return the days that are so many days before today."""
    return {TODAY - timedelta(days=number) for number in days}


@pytest.mark.parametrize("measure", [streaks.current, streaks.longest])
@pytest.mark.parametrize(
    ("done", "schedule", "length"),
    [
        (set(), every_day, 0),
        (back(0), every_day, 1),
        (back(1), every_day, 1),
        (back(0, 1, 2), every_day, 3),
        (back(1, 2), every_day, 2),
        (back(0, 1, 2, 3, 6, 7), workdays, 6),
        (back(0, 1, 2, 3, 4, 5, 6), workdays, 5),  # 4 and 5 are a weekend
        (back(-1, 0, 1), every_day, 3),
        (back(-1, 1), every_day, 2),
    ],
    ids=[
        "nothing",
        "today",
        "yesterday, today open",
        "three days",
        "two days, today open",
        "over a weekend off",
        "a weekend off does not count when done",
        "tomorrow, of who has flown east",
        "tomorrow, today open",
    ],
)
def test_streak_that_runs_is_also_longest(measure, done, schedule, length):
    assert measure(done, schedule, TODAY) == length


@pytest.mark.parametrize(
    ("done", "current", "longest"),
    [
        (back(2, 3), 0, 2),
        (back(0, 2, 3), 1, 2),
        (back(0, 1, 3), 2, 2),
        (back(0, 1, 2, 5, 6), 3, 3),
        (back(10, 11, 12, 14), 0, 3),
    ],
)
def test_day_missed_ends_streak(done, current, longest):
    assert streaks.current(done, every_day, TODAY) == current
    assert streaks.longest(done, every_day, TODAY) == longest


def test_weekend_alone_makes_no_streak():
    assert streaks.current(back(4, 5), workdays, TODAY) == 0
    assert streaks.longest(back(4, 5), workdays, TODAY) == 0


def test_open_day_that_is_not_scheduled_hurts_nothing():
    assert streaks.current(back(1, 2), lambda day: day != TODAY, TODAY) == 2


days = st.sets(st.integers(-1, 60)).map(lambda numbers: back(*numbers))
schedules = st.sets(st.integers(0, 6), min_size=1).map(
    lambda weekdays: lambda day: day.weekday() in weekdays
)


@settings(max_examples=40)
@given(done=days, schedule=schedules)
def test_current_is_never_longer_than_longest(done, schedule):
    current = streaks.current(done, schedule, TODAY)
    longest = streaks.longest(done, schedule, TODAY)
    assert 0 <= current <= longest <= sum(map(schedule, done))


@settings(max_examples=40)
@given(done=days, schedule=schedules, more=st.integers(0, 60))
def test_day_more_never_shortens(done, schedule, more):
    for measure in (streaks.current, streaks.longest):
        assert measure(done | back(more), schedule, TODAY) >= measure(done, schedule, TODAY)


@settings(max_examples=40)
@given(done=days, schedule=schedules, off=st.integers(0, 60))
def test_day_that_is_not_scheduled_changes_nothing(done, schedule, off):
    extra = {day for day in back(off) if not schedule(day)}
    for measure in (streaks.current, streaks.longest):
        assert measure(done | extra, schedule, TODAY) == measure(done - extra, schedule, TODAY)


@settings(max_examples=40)
@given(done=days, schedule=schedules)
def test_streaks_are_runs_in_list_of_scheduled_days(done, schedule):
    first = TODAY - timedelta(days=70)
    listed = [first + timedelta(days=number) for number in range(72)]
    marks = "".join(
        "x" if day in done else "." if day < TODAY else "" for day in listed if schedule(day)
    )
    runs = marks.split(".")
    assert streaks.current(done, schedule, TODAY) == len(runs[-1])
    assert streaks.longest(done, schedule, TODAY) == max(map(len, runs))
