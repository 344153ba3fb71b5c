"""What a habit's rows say about each day, and the statistics and the calendar made of that."""

from datetime import date

from . import streaks
from .days import DAY, can_be_missed, today_for
from .models import WEEKDAYS, Habit, User
from .schemas import CalendarDay, CalendarOut, State, StatsOut, WeekdayStats

WINDOW = 30  # days of the statistics


class History:
    """A habit of a user, and how often it was done on which date."""

    def __init__(self, user: User, habit: Habit, counts: dict[date, int]) -> None:
        self.user = user
        self.habit = habit
        self.counts = counts
        self.today = today_for(user)
        self.first = min([habit.started_on, *counts])  # the first day that can have been missed
        # The days on which it was done as often as was planned then.
        self.done = {day for day in counts if counts[day] >= habit.plan_on(day).target_per_day}

    def is_scheduled(self, day: date) -> bool:
        """Tell whether the habit was meant for a day, and the user had that day."""
        plan = self.habit.plan_on(day)
        if WEEKDAYS[day.weekday()] not in plan.weekdays:
            return False
        return day in self.done or can_be_missed(day, self.user)

    def state(self, day: date) -> State:
        """Return in one word what a day was."""
        if not self.is_scheduled(day):
            return "off"
        if day in self.done:
            return "done"
        if day < self.first:
            return "before"
        if day > self.today:
            return "future"
        if day == self.today:
            return "open"
        return "missed"


def statistics(history: History) -> StatsOut:
    """Sum up the last 30 days, and measure the streaks."""
    weekdays = [WeekdayStats(weekday=name, done=0, missed=0) for name in WEEKDAYS]
    day = history.today
    for _ in range(WINDOW):
        weekday = weekdays[day.weekday()]
        state = history.state(day)
        if state == "done":
            weekday.done += 1
        elif state == "missed":
            weekday.missed += 1
        day -= DAY
    done = sum(weekday.done for weekday in weekdays)
    missed = sum(weekday.missed for weekday in weekdays)
    rate = None
    scheduled = done + missed
    if scheduled:
        rate = round(done / scheduled, 3)
    return StatsOut(
        today=history.today,
        done=done,
        missed=missed,
        rate=rate,
        count_today=history.counts.get(history.today, 0),
        current_streak=streaks.current(history.done, history.is_scheduled, history.today),
        longest_streak=streaks.longest(history.done, history.is_scheduled, history.today),
        per_weekday=weekdays,
    )


def calendar(history: History, year: int) -> CalendarOut:
    """Return every day of a year."""
    days = []
    day = date(year, 1, 1)
    while day.year == year:
        days.append(
            CalendarDay(
                date=day,
                count=history.counts.get(day, 0),
                target=history.habit.plan_on(day).target_per_day,
                state=history.state(day),
            )
        )
        day += DAY
    return CalendarOut(year=year, today=history.today, days=days)
