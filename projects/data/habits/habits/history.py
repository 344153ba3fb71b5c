"""What a habit's rows say about each day, and the statistics and the calendar made of that."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from . import streaks
from .models import WEEKDAYS, Plan
from .schemas import Calendar, CalendarDay, State, Stats, WeekdayStats

WINDOW = 30  # days of the statistics


@dataclass(frozen=True)
class History:
    """A habit's plans, the earliest first, and how often it was done on which date."""

    plans: Sequence[Plan]
    counts: Mapping[date, int]
    started_on: date
    today: date

    @cached_property
    def first(self) -> date:
        """The first day that can have been missed."""
        return min([self.started_on, *self.counts])

    @cached_property
    def done(self) -> set[date]:
        """The days on which it was done as often as was planned then."""
        return {day for day, count in self.counts.items() if count >= self.plan(day).target}

    def plan(self, day: date) -> Plan:
        """Return what was planned for a day."""
        return plan_on(day, self.plans)

    def is_scheduled(self, day: date) -> bool:
        """Tell whether the habit was meant for a day."""
        return self.plan(day).includes(day.weekday())

    def state(self, day: date) -> State:
        """Return in one word what a day was."""
        if not self.is_scheduled(day):
            return "extra" if day in self.counts else "off"
        if day in self.done:
            return "done"
        if day < self.first:
            return "before"
        if day >= self.today:
            return "open" if day == self.today else "future"
        return "partial" if day in self.counts else "missed"


def plan_on(day: date, plans: Sequence[Plan]) -> Plan:
    """Return which of a habit's plans counts on a day; before the first, the first."""
    return plans[max(0, bisect_right(plans, day, key=lambda plan: plan.since) - 1)]


def statistics(history: History) -> Stats:
    """Sum up the last 30 days, and measure the streaks."""
    days = [history.today - timedelta(days=back) for back in reversed(range(WINDOW))]
    states = [(day.weekday(), history.state(day)) for day in days]
    per_weekday = []
    for number, name in enumerate(WEEKDAYS):
        own = [state for weekday, state in states if weekday == number]
        done, missed = own.count("done"), own.count("missed") + own.count("partial")
        per_weekday.append(
            WeekdayStats(weekday=name, done=done, missed=missed, rate=rate(done, missed))
        )
    done, missed = sum(it.done for it in per_weekday), sum(it.missed for it in per_weekday)
    return Stats(
        since=days[0],
        until=history.today,
        done=done,
        missed=missed,
        rate=rate(done, missed),
        current_streak=streaks.current(history.done, history.is_scheduled, history.today),
        longest_streak=streaks.longest(history.done, history.is_scheduled, history.today),
        per_weekday=per_weekday,
    )


def calendar(history: History, year: int) -> Calendar:
    """Return every day of a year."""
    days = [
        CalendarDay(
            date=day,
            count=history.counts.get(day, 0),
            target=history.plan(day).target,
            state=history.state(day),
        )
        for day in days_of(year)
    ]
    done = sum(day.state == "done" for day in days)
    return Calendar(year=year, today=history.today, done=done, days=days)


def days_of(year: int) -> Iterator[date]:
    """Yield the days of a year."""
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += streaks.DAY


def rate(done: int, missed: int) -> float | None:
    """Return the share that was done, to three decimals; None where nothing was to be done."""
    return round(done / (done + missed), 3) if done + missed else None
