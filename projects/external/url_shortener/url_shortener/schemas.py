"""What the API takes and gives."""

from datetime import date, datetime
from typing import Annotated

from flask import current_app, request
from pydantic import MISSING, AfterValidator, Field

from common import clock
from common.api import Moment, Schema
from common.pagination import PageQuery

from . import urls


def _shortenable(url: str) -> str:
    own_hosts = [request.host, *current_app.config["OWN_HOSTS"].split(",")]
    return urls.validate(url, own_hosts)


def _in_the_future(moment: datetime) -> datetime:
    if moment <= clock.now():
        raise ValueError("is in the past")
    return moment


LongUrl = Annotated[
    str,
    AfterValidator(_shortenable),
    Field(
        max_length=urls.MAX_LENGTH,
        examples=["https://example.com/a/long/path?with=details"],
        json_schema_extra={"format": "iri"},
    ),
]
Future = Annotated[Moment, AfterValidator(_in_the_future)]


class LinkIn(Schema):
    """A link to make: its URL, a code of your own, its end, and 301 instead of 302."""

    url: LongUrl
    alias: str | None = Field(None, pattern="^[A-Za-z0-9_-]{3,32}$")
    expires_at: Future | None = None
    permanent: bool = False


class LinkPatch(Schema):
    """Changes of a link: what is left out stays, ``expires_at: null`` takes the end away."""

    url: LongUrl | MISSING = MISSING
    expires_at: Future | MISSING | None = MISSING
    permanent: bool | MISSING = MISSING


class LinkOut(Schema):
    """A link."""

    code: str
    short_url: str
    url: str
    permanent: bool
    clicks: int
    created_at: datetime
    expires_at: datetime | None


class CreateQuery(Schema):
    """How to make a link."""

    reuse: bool = Field(False, description="Give back a link like this one if there is one.")


class ListQuery(PageQuery):
    """Which links to list."""

    q: str = Field("", max_length=200, description="Part of the URL or the code, literally.")


class StatsQuery(Schema):
    """How far back statistics go."""

    days: int = Field(30, ge=1, le=366, description="Today (UTC) and the days before it.")


class Day(Schema):
    """The clicks of one day in UTC."""

    date: date
    clicks: int


class Referrer(Schema):
    """The clicks from the pages of one host; null is unknown."""

    host: str | None
    clicks: int


class Stats(Schema):
    """The clicks of a link: all there ever were, and by day and host those of the last days."""

    code: str
    clicks: int
    per_day: list[Day]
    top_referrers: list[Referrer]
