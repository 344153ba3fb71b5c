"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from common.api import Email, Future, Line, Schema
from common.pagination import PageQuery

from .models import MOST_AT_ONCE, MOST_SEATS, Status

Title = Annotated[Line, Field(max_length=200, examples=["Concert in the park"])]
Capacity = Annotated[int, Field(ge=1, le=MOST_SEATS)]
# To nobody but RFC 5321 do Ana@ and ana@ differ.
Guest = Annotated[Email, AfterValidator(str.lower)]


class EventIn(Schema):
    """An event to announce."""

    title: Title
    starts_at: Future
    capacity: Capacity


class EventPatch(EventIn, partial=True):
    """Changes of an event: what is left out stays."""


class EventOut(Schema):
    """An event; ``free`` are the seats that nobody has and nobody is offered."""

    id: int
    title: str
    starts_at: datetime
    capacity: int
    free: int


class CreatedEventOut(EventOut):
    """A new event and, this once, the token of its organiser."""

    organiser_token: str


class SignupIn(Schema):
    """Who comes, and how many."""

    email: Guest
    seats: int = Field(1, ge=1, le=MOST_AT_ONCE)


class SignupOut(Schema):
    """A sign-up: ``position`` on the waiting list from 1, ``confirm_by`` for what is offered."""

    event_id: int
    email: str
    seats: int
    status: Status
    position: int | None
    confirm_by: datetime | None


class CreatedSignupOut(SignupOut):
    """A new sign-up and, this once, its token."""

    token: str


class AttendeeQuery(PageQuery):
    """Which sign-ups to list."""

    status: Literal[Status, "seated"] = Field(
        "seated", description="seated: those who have seats, confirmed or offered."
    )


class AttendeeOut(Schema):
    """A sign-up as the organiser sees it."""

    id: int
    email: str
    seats: int
    status: Status
    position: int | None
    confirm_by: datetime | None
    created_at: datetime
