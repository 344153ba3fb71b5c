"""What goes over the wire."""

from datetime import datetime
from typing import Any, Literal

from flask import url_for
from pydantic import Field, computed_field

from common.api import File, Schema
from common.pagination import PageQuery

Format = Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF"]
Status = Literal["queued", "running", "done", "failed"]


class Upload(Schema):
    """The multipart form of an upload."""

    image: File = Field(description="A JPEG, PNG, WebP, GIF or AVIF, at most 50 megapixels.")


class Progress(Schema):
    """How many thumbnails are there, of how many."""

    done: int
    total: int


class JobOut(Schema):
    """A job as clients see it."""

    id: str
    image_id: str
    status: Status
    progress: Progress
    attempts: int = Field(description="Attempts begun since the upload or the last retry.")
    error: str | None = Field(description="What went wrong in the last attempt.")
    retry_at: datetime | None = Field(description="When the next attempt is due, after a failure.")
    created_at: datetime
    updated_at: datetime


class ThumbnailOut(Schema):
    """One size of an image."""

    image_id: str = Field(exclude=True)
    key: str = Field(exclude=True)
    name: str
    spec: str
    width: int | None = Field(description="In pixels; null until it is rendered.")
    height: int | None
    bytes: int | None
    rendered_at: datetime | None

    @computed_field(description="Changes whenever the picture does, so it may be cached for ever.")  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def url(self) -> str:
        """Return the address of the picture."""
        where: dict[str, Any] = {"image_id": self.image_id, "size": self.name, "v": self.key[:12]}
        return url_for("thumbnails.show_thumbnail", **where)


class ImageOut(Schema):
    """An image and the sizes it comes in."""

    id: str = Field(description="The SHA-256 of the uploaded bytes.")
    job_id: str
    format: Format
    width: int = Field(description="Of the upright picture, in pixels.")
    height: int
    bytes: int
    created_at: datetime
    thumbnails: list[ThumbnailOut]


class UploadOut(Schema):
    """What an upload has become."""

    job: JobOut
    image: ImageOut


class JobQuery(PageQuery):
    """Filters of the list of jobs."""

    status: Status | None = Field(None, description="Only jobs in this state.")


class VersionQuery(Schema):
    """Which rendering is meant."""

    v: str | None = Field(
        None, max_length=64, description="From the thumbnail's url; 404 once it is outdated."
    )
