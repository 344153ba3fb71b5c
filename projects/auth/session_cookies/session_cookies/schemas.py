"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from common.api import Schema

# As browsers check <input type=email> (WHATWG HTML), so that the page and the API agree.
EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
Email = Annotated[str, Field(max_length=254, pattern=EMAIL, examples=["ana@new.example"])]


class LoginIn(Schema):
    """Who somebody claims to be."""

    username: str = Field(max_length=100, examples=["ana"])
    password: str = Field(max_length=128, examples=["correct horse"])


class EmailIn(Schema):
    """The new address."""

    email: Email


class NewUser(EmailIn):
    """Somebody to add."""

    username: str = Field(pattern="^[a-z0-9_]{3,30}$")
    password: str = Field(min_length=8, max_length=128)


class Token(Schema):
    """What to send in the header ``X-CSRF-Token`` as long as the cookie stays the same."""

    csrf_token: str


class Me(Schema):
    """A user."""

    username: str
    email: str


class LoggedIn(Me, Token):
    """A user who has just logged in, and the token of the new cookie."""


class SessionOut(Schema):
    """A login: on which device, last seen at which address, and whether it is the one asking."""

    id: int
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    current: bool
