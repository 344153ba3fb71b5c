"""What the routes of accounts take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import MISSING, Field, StringConstraints

from common.api import Line, Schema, TimeZone
from common.passwords import NewPassword, Password

Username = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_]{3,30}$", to_lower=True)]


class Registration(Schema):
    """A new user."""

    username: Annotated[Username, Field(examples=["ana"])]
    password: NewPassword
    time_zone: TimeZone = "UTC"


class Login(Schema):
    """Who somebody claims to be."""

    username: Annotated[Line, Field(max_length=100, examples=["ana"])]
    password: Password


class UserPatch(Schema):
    """What a user changes; a new password needs the one until now."""

    time_zone: TimeZone | MISSING = MISSING
    password: NewPassword | MISSING = MISSING
    current_password: Password | MISSING = MISSING


class UserOut(Schema):
    """A user."""

    username: str
    time_zone: str
    created_at: datetime


class Token(Schema):
    """A login."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # a kind of token
    expires_in: int
