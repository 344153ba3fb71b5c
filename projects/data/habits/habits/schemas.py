"""What the API takes and gives."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import MISSING, AfterValidator, Field, StringConstraints

from common.api import Schema

from .models import MOST_A_DAY, WEEKDAYS, Weekday

State = Literal["done", "partial", "missed", "open", "off", "extra", "before", "future"]


def _once_each(weekdays: list[Weekday]) -> list[Weekday]:
    if len(set(weekdays)) < len(weekdays):
        raise ValueError("names a weekday twice")
    return weekdays


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Weekdays = Annotated[
    list[Weekday],
    AfterValidator(_once_each),
    Field(min_length=1, max_length=7, json_schema_extra={"uniqueItems": True}),
]
Target = Annotated[int, Field(ge=1, le=MOST_A_DAY)]


class HabitIn(Schema):
    """A habit to begin."""

    name: Annotated[Name, Field(examples=["Read ten pages"])]
    weekdays: Weekdays = Field(list(WEEKDAYS))
    target_per_day: Target = 1


class HabitPatch(Schema):
    """Changes of a habit: a new schedule or target counts from today on."""

    name: Name | MISSING = MISSING
    weekdays: Weekdays | MISSING = MISSING
    target_per_day: Target | MISSING = MISSING


class HabitOut(Schema):
    """A habit."""

    id: int
    name: str
    weekdays: list[Weekday]
    target_per_day: int
    count_today: int
    started_on: date
    created_at: datetime


class CheckInQuery(Schema):
    """How often it was done."""

    count: int | None = Field(
        None, ge=1, le=MOST_A_DAY, description="How often; without it, as often as the target."
    )


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
    rate: float | None


class Stats(Schema):
    """The last 30 days, today included, and streaks over all time, in scheduled days."""

    since: date
    until: date
    done: int
    missed: int
    rate: float | None
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


class Calendar(Schema):
    """A year of a habit, every day of it."""

    year: int
    today: date
    done: int
    days: list[CalendarDay]
