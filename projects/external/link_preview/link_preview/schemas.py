"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from common.api import Schema
from common.fetch import Refused

from .fetching import MAX_URL, check_url
from .settings import allowed


def _previewable(url: str) -> str:
    try:
        return check_url(url, *allowed())
    except Refused as error:
        raise ValueError(str(error)) from error


class PreviewQuery(Schema):
    """Of which page."""

    url: Annotated[str, AfterValidator(_previewable)] = Field(
        max_length=MAX_URL,
        description="An http or https URL. `flask run` has the example.",
        examples=["http://127.0.0.1:5080/article"],
        json_schema_extra={"format": "http-url"},
    )


class PreviewOut(Schema):
    """What a page says about itself; null is what it does not say."""

    url: str = Field(description="As it was asked for, in its one spelling.")
    canonical_url: str | None = None
    title: str | None = None
    description: str | None = None
    image: str | None = None
    site_name: str | None = None
    type: str = Field(description="Open Graph's, or the media type of what is no HTML.")
    favicon: str | None = None
    lang: str | None = None
    size: int | None = Field(None, description="Bytes of what is no HTML, if it says so.")
    fetched_at: datetime
    cached: bool = Field(description="It was there already, or somebody else has just fetched it.")
