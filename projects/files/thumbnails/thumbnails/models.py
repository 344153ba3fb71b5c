"""An image, the thumbnails it is to have, and the one job that makes them."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common import clock
from common.database import UtcDateTime, make_db

db = make_db()

STATUSES = ("queued", "running", "done", "failed")


class Image(db.Model):
    """An uploaded image. Its id is the SHA-256 of its content: the same content, the same row."""

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    format: Mapped[str] = mapped_column(String(8))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]

    job: Mapped["Job"] = relationship(back_populates="image", passive_deletes=True)
    thumbnails: Mapped[list["Thumbnail"]] = relationship(
        back_populates="image", passive_deletes=True, order_by="Thumbnail.position"
    )

    @property
    def job_id(self) -> str:
        """Return the id of its job."""
        return self.job.id


class Thumbnail(db.Model):
    """One size of one image: wanted from the upload on, there once `rendered_at` is set."""

    __table_args__ = (CheckConstraint("(rendered_at IS NULL) = (width IS NULL)", "rendered"),)

    image_id: Mapped[str] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int]
    spec: Mapped[str] = mapped_column(String(64))  # as sizes.parse reads it
    key: Mapped[str] = mapped_column(String(64), unique=True)  # sizes.render_key
    width: Mapped[int | None]
    height: Mapped[int | None]
    rendered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    image: Mapped[Image] = relationship(back_populates="thumbnails")


class Job(db.Model):
    """The work of making an image's thumbnails. This row is the truth; the queue only wakes."""

    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", "status"),
        CheckConstraint("(status = 'running') = (ticket IS NOT NULL)", "ticket"),
        Index(None, "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "status", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    image_id: Mapped[str] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), unique=True)
    status: Mapped[str] = mapped_column(String(8), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    ticket: Mapped[str | None] = mapped_column(String(32))  # who holds it: see states.claim
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    image: Mapped[Image] = relationship(back_populates="job")

    @property
    def progress(self) -> dict[str, int]:
        """Return how many thumbnails are done, of how many."""
        rendered = [one.rendered_at is not None for one in self.image.thumbnails]
        return {"done": sum(rendered), "total": len(rendered)}

    @property
    def retry_at(self) -> datetime | None:
        """Return when a job that failed in passing is tried again."""
        return self.due_at if self.status == "queued" and self.attempts else None
