"""What the API takes and gives."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from common.api import Future, Schema, TextOrEmpty
from common.pagination import PageQuery

from . import urls

LongUrl = Annotated[
    str,
    AfterValidator(urls.validate),
    Field(
        max_length=urls.MAX_LENGTH,
        examples=["https://example.com/a/long/path?with=details"],
        json_schema_extra={"format": "iri"},
    ),
]


class LinkFields(Schema):
    """What can be said of a link at once and later."""

    url: LongUrl
    expires_at: Future | None = Field(None, description="From then on it answers 410.")
    max_visits: int | None = Field(
        None, ge=1, le=1_000_000_000, description="After so many it answers 410."
    )
    permanent: bool = Field(False, description="301 in place of 302: caches keep it for a day.")


class LinkIn(LinkFields):
    """A link to make; ``alias`` is a code of your own."""

    alias: str | None = Field(None, pattern="^[A-Za-z0-9_-]{3,32}$")


class LinkPatch(LinkFields, partial=True):
    """Changes of a link: what is left out stays, ``expires_at: null`` takes the end away."""


class LinkOut(Schema):
    """A link."""

    code: str
    short_url: str
    url: str
    permanent: bool
    clicks: int
    max_visits: int | None
    created_at: datetime
    expires_at: datetime | None


class CreateQuery(Schema):
    """How to make a link."""

    reuse: bool = Field(False, description="Give back a link like this one if there is one.")


class ListQuery(PageQuery):
    """Which links to list."""

    q: TextOrEmpty = Field(
        "", max_length=200, description="Part of the URL or the code, literally."
    )


class StatsQuery(Schema):
    """How far back statistics go."""

    days: int = Field(30, ge=1, le=366, description="Today (UTC) and the days before it.")


class DayClicks(Schema):
    """The clicks of one day in UTC."""

    date: date
    clicks: int


class HostClicks(Schema):
    """The clicks from the pages of one host; null is unknown."""

    host: str | None
    clicks: int


class StatsOut(Schema):
    """The clicks of a link: all there ever were, and by day and host those of the last days."""

    code: str
    clicks: int
    per_day: list[DayClicks]
    top_referrers: list[HostClicks]
