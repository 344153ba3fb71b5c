"""What the API takes and gives."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import MISSING, AfterValidator, Field, NaiveDatetime, WithJsonSchema

from common import mail
from common.accounts import TimeZone
from common.api import Moment, Schema
from common.pagination import PageQuery

from .models import Status
from .occurrences import FIRST, LAST

LONGEST_BEFORE = 4 * 7 * 24 * 60  # minutes


def _within_range(local: datetime) -> datetime:
    if not FIRST <= local <= LAST or local.microsecond:
        raise ValueError(f"is not a whole second of the years {FIRST.year} to {LAST.year}")
    return local


def _distinct(minutes: list[int]) -> list[int]:
    if len({*minutes}) < len(minutes):
        raise ValueError("has the same number twice")
    return minutes


# `format` says in the API's document that there is more to a text than its pattern.
SECOND = r"^20[0-6]\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d$"
LOCAL_TIME = {"type": "string", "format": "local-date-time", "pattern": SECOND}
RULE = {"format": "rrule", "description": "Of RFC 5545.", "examples": ["FREQ=WEEKLY;BYDAY=MO"]}
EMAIL = {"format": "email", "examples": ["ana@example.com"]}
# No line breaks, of which Unicode has more than one: a title is also a mail's subject.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"

LocalTime = Annotated[NaiveDatetime, AfterValidator(_within_range), WithJsonSchema(LOCAL_TIME)]
InRange = Annotated[Moment, Field(ge=FIRST.replace(tzinfo=UTC), le=LAST.replace(tzinfo=UTC))]
Title = Annotated[str, Field(max_length=200, pattern=ONE_LINE, examples=["Tea with Bob"])]
Rule = Annotated[str, Field(max_length=200, json_schema_extra=RULE)]

Minutes = Annotated[int, Field(ge=0, le=LONGEST_BEFORE)]
UNIQUE = Field(max_length=5, json_schema_extra={"uniqueItems": True})
Reminders = Annotated[list[Minutes], AfterValidator(_distinct), UNIQUE]
Email = Annotated[str, AfterValidator(mail.address), Field(max_length=254, json_schema_extra=EMAIL)]


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

    first: InRange | None = Field(None, alias="from")
    end: InRange | None = Field(None, alias="to", description="At most 366 days after ``from``.")


class Occurrence(Schema):
    """Once that an event happens: the moment, and what the clocks show there."""

    at: datetime
    local: str = Field(examples=["2026-03-02T09:00:00+01:00"])


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
