"""What the API takes and gives."""

from datetime import datetime

from pydantic import Field

from common.api import Schema

from .fetching import MAX_URL


class PreviewQuery(Schema):
    """Of which page."""

    url: str = Field(
        max_length=MAX_URL,
        description="An http or https URL. `flask run` has the example.",
        examples=["http://127.0.0.1:5080/article"],
        json_schema_extra={"format": "http-url"},
    )
    refresh: bool = Field(False, description="Fetch it now, even if it is kept.")


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
