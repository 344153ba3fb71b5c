"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import MISSING, AfterValidator, Field

from common import mail
from common.api import Moment, Schema
from common.pagination import PageQuery

from .models import MOST_AT_ONCE, MOST_SEATS, Status


def _address(text: str) -> str:
    if not text.isascii():
        raise ValueError("is not one mail address in ASCII")
    return str(mail.address(text)).lower()  # to nobody but RFC 5321 do Ana@ and ana@ differ


# One line that does not begin with a space, for it becomes the subject of mails.
Title = Annotated[
    str,
    Field(max_length=200, pattern=r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"),
    Field(examples=["Concert in the park"]),
]
Capacity = Annotated[int, Field(ge=1, le=MOST_SEATS, examples=[50])]
Email = Annotated[
    str,
    AfterValidator(_address),
    Field(
        max_length=mail.LONGEST,
        examples=["ana@example.com"],
        json_schema_extra={"format": "email"},
    ),
]


class EventIn(Schema):
    """An event to announce."""

    title: Title
    starts_at: Moment
    capacity: Capacity


class EventPatch(Schema):
    """Changes of an event: what is left out stays."""

    title: Title | MISSING = MISSING
    starts_at: Moment | MISSING = MISSING
    capacity: Capacity | MISSING = MISSING


class EventOut(Schema):
    """An event; ``free`` are the seats that nobody has and nobody is offered."""

    id: int
    title: str
    starts_at: datetime
    capacity: int
    free: int


class NewEvent(EventOut):
    """A new event and, this once, the token of its organiser."""

    organiser_token: str


class SignupIn(Schema):
    """Who comes, and how many."""

    email: Email
    seats: int = Field(1, ge=1, le=MOST_AT_ONCE)


class SignupOut(Schema):
    """A sign-up: ``position`` on the waiting list from 1, ``confirm_by`` for what is offered."""

    event_id: int
    email: str
    seats: int
    status: Status
    position: int | None
    confirm_by: datetime | None


class NewSignup(SignupOut):
    """A new sign-up and, this once, its token."""

    token: str


class AttendeeQuery(PageQuery):
    """Which sign-ups to list."""

    status: Literal[Status, "seated"] = Field(
        "seated", description="seated: those who have seats, confirmed or offered."
    )


class Attendee(Schema):
    """A sign-up as the organiser sees it."""

    email: str
    seats: int
    status: Status
    position: int | None
    confirm_by: datetime | None
    created_at: datetime
