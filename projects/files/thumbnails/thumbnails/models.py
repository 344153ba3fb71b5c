"""An image, the thumbnails it is to have, and the one job that makes them."""

import uuid
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common import clock
from common.database import UtcDateTime, make_db

db = make_db()

Status = Literal["queued", "running", "done", "failed"]


class Image(db.Model):
    """An uploaded image. Its id is the SHA-256 of its content: the same content, the same row."""

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    format: Mapped[str] = mapped_column(String(8))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]

    job: Mapped["Job"] = relationship(back_populates="image", passive_deletes=True)
    thumbnails: Mapped[list["Thumbnail"]] = relationship(
        order_by="Thumbnail.position", passive_deletes=True
    )


class Thumbnail(db.Model):
    """One size of one image: wanted from the upload on, there once `rendered_at` is set."""

    image_id: Mapped[str] = mapped_column(
        ForeignKey(Image.id, ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int]
    spec: Mapped[str] = mapped_column(String(64))  # as sizes.parse reads it
    key: Mapped[str] = mapped_column(String(64), unique=True)  # sizes.render_key
    width: Mapped[int]
    height: Mapped[int]
    rendered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Job(db.Model):
    """The work of making an image's thumbnails. This row is the truth; the queue only wakes."""

    __table_args__ = (
        CheckConstraint(f"status IN {get_args(Status)}", name="status"),
        CheckConstraint("(status = 'running') = (claimed_by IS NOT NULL)", name="claimed_by"),
        Index(None, "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "status", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    image_id: Mapped[str] = mapped_column(ForeignKey(Image.id, ondelete="CASCADE"), unique=True)
    status: Mapped[Status] = mapped_column(String(8), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    claimed_by: Mapped[str | None] = mapped_column(String(32))  # see states.claim
    # From then on it is to be had: a running one because its claim has run out.
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    # Read with the job, not after it: in between somebody may delete both.
    image: Mapped[Image] = relationship(back_populates="job", lazy="joined", innerjoin=True)

    @property
    def progress(self) -> dict[str, int]:
        """How many thumbnails are done, of how many."""
        wanted = self.image.thumbnails
        rendered = [thumbnail for thumbnail in wanted if thumbnail.rendered_at is not None]
        return {"done": len(rendered), "total": len(wanted)}
