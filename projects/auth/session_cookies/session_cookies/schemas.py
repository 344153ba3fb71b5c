"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from common.api import Email, Line, Schema
from common.passwords import NewPassword, Password


class LoginIn(Schema):
    """Who somebody claims to be."""

    username: Annotated[Line, Field(max_length=100, examples=["ana"])]
    password: Password


class EmailIn(Schema):
    """The new address."""

    email: Email


class UserIn(EmailIn):
    """Somebody to add."""

    username: str = Field(pattern="^[a-z0-9_]{3,30}$")
    password: NewPassword


class TokenOut(Schema):
    """What to send in the header ``X-CSRF-Token`` as long as the cookie stays the same."""

    csrf_token: str


class UserOut(Schema):
    """A user."""

    username: str
    email: str


class LoginOut(UserOut, TokenOut):
    """A user who has just logged in, and the token of the new cookie."""


class SessionOut(Schema):
    """A login: on which device, last seen at which address, and whether it is the one asking."""

    id: int
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    current: bool
