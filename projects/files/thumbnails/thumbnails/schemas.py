"""What goes over the wire."""

from datetime import datetime
from typing import Literal

from flask import url_for
from pydantic import Field, computed_field

from common.api import File, Schema
from common.pagination import PageQuery

Status = Literal["queued", "running", "done", "failed"]


class Upload(Schema):
    """The form of an upload: a JPEG, PNG, WebP, GIF or AVIF of at most 50 megapixels."""

    image: File = Field(json_schema_extra={"contentMediaType": "image/*"})


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
    rendered_at: datetime | None

    @computed_field(description="Changes whenever the picture does, so it may be cached for ever.")  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def url(self) -> str:
        """Return the address of the picture."""
        image = url_for("thumbnails.show_image", image_id=self.image_id)
        return f"{image}/{self.name}?v={self.key[:12]}"


class ImageOut(Schema):
    """An image and the sizes it comes in."""

    id: str = Field(description="The SHA-256 of the uploaded bytes.")
    job_id: str
    format: Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF"]
    width: int = Field(description="Of the upright picture, in pixels.")
    height: int
    bytes: int
    thumbnails: list[ThumbnailOut]


class UploadOut(Schema):
    """What an upload has become."""

    job: JobOut
    image: ImageOut


class JobQuery(PageQuery):
    """Filters of the list of jobs."""

    status: Status | None = Field(None, description="Only jobs in this state.")
