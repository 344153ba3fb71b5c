"""What is stored."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from common import clock
from common.database import UtcDateTime, make_db

from .priority import LEAST, MOST

db = make_db()


class Entry(db.Model):
    """Something to do, what it is worth and what it takes."""

    __table_args__ = (
        CheckConstraint(f"value BETWEEN {LEAST} AND {MOST}", name="value"),
        CheckConstraint(f"effort BETWEEN {LEAST} AND {MOST}", name="effort"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    value: Mapped[int]
    effort: Mapped[int]
    priority: Mapped[float]  # priority.score of the two; stored so that the list has an index
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


Index("ix_entry_priority", Entry.priority.desc(), Entry.id)
