"""What the API takes and gives."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, NaiveDatetime, WithJsonSchema

from common.api import Email, Line, Schema, TimeZone
from common.pagination import PageQuery

from .models import Status

LONGEST_BEFORE = 40_320  # minutes: four weeks


def _distinct(minutes: list[int]) -> list[int]:
    if len(set(minutes)) < len(minutes):
        raise ValueError("has the same number twice")
    return minutes


# `format` says in the API's document that there is more to a text than its pattern.
SECOND = r"^20[0-6]\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d$"
LOCAL_TIME = {
    "type": "string",
    "format": "local-date-time",
    "pattern": SECOND,
}


def _local_time(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(SECOND, value):
        raise ValueError("is not a second of the years 2000 to 2069, like 2026-03-01T09:00:00")
    return datetime.fromisoformat(value)


RULE = {"format": "rrule", "examples": ["FREQ=WEEKLY;BYDAY=MO"]}

LocalTime = Annotated[
    NaiveDatetime,
    BeforeValidator(_local_time),
    WithJsonSchema(LOCAL_TIME),
]
Rule = Annotated[str, Field(max_length=200, json_schema_extra=RULE)]
Minutes = Annotated[int, Field(ge=0, le=LONGEST_BEFORE)]
Reminders = Annotated[
    list[Minutes],
    AfterValidator(_distinct),
    Field(max_length=5, json_schema_extra={"uniqueItems": True}),
]


class EventIn(Schema):
    """An event to make; without ``time_zone`` it is in that of the account."""

    title: Annotated[Line, Field(max_length=200, examples=["Tea with Bob"])]
    starts_at: LocalTime
    time_zone: TimeZone | None = None
    rrule: Rule | None = None
    reminders: Reminders = Field([])


class EventPatch(EventIn, partial=True):
    """Changes of an event: what is left out stays.

    ``rrule: null`` makes it happen once, ``time_zone: null`` puts it in the zone of the account.
    """


class EventOut(Schema):
    """An event."""

    id: int
    title: str
    starts_at: LocalTime
    time_zone: str
    rrule: str | None
    reminders: list[int]


class OccurrenceOut(Schema):
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


class AddressIn(Schema):
    """Where reminders go; null: they are printed where the scheduler runs."""

    email: Email | None


class AddressOut(AddressIn):
    """Where reminders go."""
