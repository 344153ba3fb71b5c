"""What is stored: the counters of the objectives, once a minute."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, composite, mapped_column

from common.database import UtcDateTime, make_db

from .slo import Counts

db = make_db()


class Snapshot(db.Model):
    """What the counters of one machine showed at a minute.

    The totals never fall. The counters themselves (``raw_…``) do, when somebody deletes their
    files; the next snapshot needs them to know by how much they have grown since this one.
    """

    __table_args__ = (UniqueConstraint("host", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    total: Mapped[Counts] = composite(
        mapped_column("requests"), mapped_column("failed"), mapped_column("slow")
    )
    raw: Mapped[Counts] = composite(
        mapped_column("raw_requests"), mapped_column("raw_failed"), mapped_column("raw_slow")
    )
