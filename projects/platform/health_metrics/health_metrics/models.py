"""What is stored: the counters of the objectives, once a minute."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import UtcDateTime, make_db

db = make_db()


class Snapshot(db.Model):
    """What the counters of one machine showed at a minute.

    The totals never fall. The counters themselves (``raw_…``) do, when somebody deletes their
    files; the next snapshot needs them to know by how much they have grown since this one.
    """

    __table_args__ = (UniqueConstraint("host", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    requests: Mapped[int]
    failed: Mapped[int]
    slow: Mapped[int]
    raw_requests: Mapped[int]
    raw_failed: Mapped[int]
    raw_slow: Mapped[int]
