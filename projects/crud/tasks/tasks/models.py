"""What is stored."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from common import clock
from common.database import make_db

db = make_db()

LONGEST_TITLE = 200
MOST_ORDER = 2**53 - 1  # the largest whole number that is exact in JavaScript


class Task(db.Model):
    """Something to do. ``completed`` and ``completed_at`` change together."""

    __table_args__ = (
        CheckConstraint("completed = (completed_at IS NOT NULL)", name="completed"),
        Index(None, "completed", "order", "id"),
        Index(None, "completed", "due", "id"),
        Index(None, "order", "id"),
        Index(None, "title", "id"),
        Index(None, "due", "id"),
        Index(None, "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    completed: Mapped[bool] = mapped_column(default=False)
    order: Mapped[int | None] = mapped_column(BigInteger)
    due: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(onupdate=clock.now)
    completed_at: Mapped[datetime | None]
