"""What the API takes and gives."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from common.api import Line, Schema

from .models import MOST_A_DAY, WEEKDAYS, Weekday

State = Literal["done", "missed", "open", "off", "before", "future"]


def _once_each(weekdays: list[Weekday]) -> list[Weekday]:
    if len(set(weekdays)) < len(weekdays):
        raise ValueError("names a weekday twice")
    return sorted(weekdays, key=WEEKDAYS.index)


Weekdays = Annotated[
    list[Weekday],
    AfterValidator(_once_each),
    Field(min_length=1, max_length=7, json_schema_extra={"uniqueItems": True}),
]
Times = Annotated[int, Field(ge=1, le=MOST_A_DAY)]


class HabitIn(Schema):
    """A habit to begin."""

    name: Annotated[Line, Field(max_length=80, examples=["Read ten pages"])]
    weekdays: Weekdays = Field(list(WEEKDAYS))
    target_per_day: Times = 1


class HabitPatch(HabitIn, partial=True):
    """Changes of a habit: a new schedule or target counts from today on."""


class HabitOut(Schema):
    """A habit."""

    id: int
    name: str
    weekdays: list[Weekday]
    target_per_day: int
    started_on: date


class CheckInQuery(Schema):
    """How often it was done."""

    count: Times | None = Field(None, description="How often; without it, as often as the target.")


class CheckInOut(Schema):
    """What was done on a date."""

    date: date
    count: int
    target: int
    done: bool


class WeekdayStats(Schema):
    """How one weekday goes."""

    weekday: Weekday
    done: int
    missed: int


class StatsOut(Schema):
    """The last 30 days, today included, and streaks over all time, in scheduled days."""

    today: date
    done: int
    missed: int
    rate: float | None
    count_today: int
    current_streak: int
    longest_streak: int
    per_weekday: list[WeekdayStats]


class CalendarQuery(Schema):
    """Which year."""

    year: int | None = Field(None, ge=1970, le=2200, description="Without it, this year.")


class CalendarDay(Schema):
    """One square of the heat map."""

    date: date
    count: int
    target: int
    state: State


class CalendarOut(Schema):
    """A year of a habit, every day of it."""

    year: int
    today: date
    days: list[CalendarDay]
