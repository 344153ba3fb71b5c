"""What the API takes and gives."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import (
    MISSING,
    AfterValidator,
    AwareDatetime,
    Field,
    NaiveDatetime,
    WithJsonSchema,
    model_validator,
)

from common import clock, mail
from common.accounts import TimeZone
from common.api import Schema
from common.pagination import PageQuery

from .models import Status
from .occurrences import FIRST, LAST

LONGEST_BEFORE = 4 * 7 * 24 * 60  # minutes
LONGEST_RANGE = timedelta(days=366)


def _within_range(local: datetime) -> datetime:
    if local.microsecond:
        raise ValueError("has fractions of a second")
    if not FIRST <= local <= LAST:
        raise ValueError(f"is not between {FIRST.year} and {LAST.year}")
    return local


def _in_utc(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None
    if not FIRST.year <= moment.year <= LAST.year:
        raise ValueError(f"is not between {FIRST.year} and {LAST.year}")
    return moment


def _distinct(minutes: list[int]) -> list[int]:
    if len({*minutes}) < len(minutes):
        raise ValueError("has the same number twice")
    return minutes


def _one_address(text: str) -> str:
    return str(mail.address(text))


LocalTime = Annotated[
    NaiveDatetime,
    AfterValidator(_within_range),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^20[0-6]\d-\d\d-\d\dT\d\d:\d\d:\d\d$",
            "description": "What the clocks show there, without an offset.",
            "examples": ["2026-03-02T09:00:00"],
        }
    ),
]
Title = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        # No line breaks, of which Unicode has more than one: a title is also a mail's subject.
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$",
        examples=["Tea with Bob"],
    ),
]
Rule = Annotated[
    str,
    Field(
        max_length=200,
        description="A recurrence rule of RFC 5545.",
        examples=["FREQ=WEEKLY;BYDAY=MO"],
    ),
]
Minutes = Annotated[int, Field(ge=0, le=LONGEST_BEFORE)]
Reminders = Annotated[
    list[Minutes],
    AfterValidator(_distinct),
    Field(
        max_length=5,
        description="Minutes before the start.",
        examples=[[10]],
        json_schema_extra={"uniqueItems": True},
    ),
]
Email = Annotated[
    str, AfterValidator(_one_address), Field(max_length=254, examples=["ana@example.com"])
]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class EventIn(Schema):
    """An event to make; without ``time_zone`` it is in that of the account."""

    title: Title
    starts_at: LocalTime
    time_zone: TimeZone | None = None
    rrule: Rule | None = None
    reminders: Reminders = Field([])


class EventPatch(Schema):
    """Changes of an event: what is left out stays, ``rrule: null`` makes it happen once."""

    title: Title | MISSING = MISSING
    starts_at: LocalTime | MISSING = MISSING
    time_zone: TimeZone | MISSING = MISSING
    rrule: Rule | MISSING | None = MISSING
    reminders: Reminders | MISSING = MISSING


class EventOut(Schema):
    """An event."""

    id: int
    title: str
    starts_at: LocalTime
    time_zone: str
    rrule: str | None
    reminders: list[int]
    created_at: datetime


class OccurrenceQuery(Schema):
    """From when (included; default: now) to when (excluded; default: 366 days later)."""

    first: Moment | None = Field(None, alias="from")
    end: Moment | None = Field(None, alias="to", description="At most 366 days after ``from``.")

    @model_validator(mode="after")
    def _bounded(self) -> "OccurrenceQuery":
        first, end = self.range()
        if not timedelta(0) <= end - first <= LONGEST_RANGE:
            raise ValueError("to must be after from, and at most 366 days after it")
        return self

    def range(self) -> tuple[datetime, datetime]:
        """Return both moments."""
        first = self.first or clock.now()
        return first, self.end or first + LONGEST_RANGE


class Occurrence(Schema):
    """Once that an event happens: the moment, and what the clocks show there."""

    at: datetime
    local: str = Field(examples=["2026-03-02T09:00:00+01:00"])

    @classmethod
    def of(cls, moment: datetime, zone: str) -> "Occurrence":
        """Return it for a moment."""
        return cls(at=moment, local=moment.astimezone(ZoneInfo(zone)).isoformat())


class ReminderQuery(PageQuery):
    """Which reminders to list."""

    status: Status | None = Field(None, description="Only those in this state.")


class ReminderOut(Schema):
    """A reminder: of which occurrence, when it is due, and what became of it."""

    id: int
    event_id: int
    minutes: int
    occurs_at: datetime
    due_at: datetime
    status: Status
    attempts: int
    sent_at: datetime | None
    error: str | None


class Address(Schema):
    """Where reminders go; null: they are printed where the scheduler runs."""

    email: Email | None
