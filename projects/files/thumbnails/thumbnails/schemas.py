"""What goes over the wire."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from common.api import File, Schema
from common.pagination import PageQuery

from .models import Status


class Upload(Schema):
    """The form of an upload: a JPEG, PNG, WebP, GIF, AVIF or HEIC of at most 50 megapixels."""

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
    due_at: datetime = Field(description="When a worker may take it, as long as it is not over.")
    created_at: datetime


class ThumbnailOut(Schema):
    """One size of an image."""

    key: str = Field(exclude=True)
    name: str
    spec: str
    width: int = Field(description="In pixels, as that of the image.")
    height: int
    rendered_at: datetime | None
    url: str = Field("", description="Changes whenever the picture does; cache it for ever.")


class ImageOut(Schema):
    """An image and the sizes it comes in."""

    id: str = Field(description="The SHA-256 of the uploaded bytes.")
    format: Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"]
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
