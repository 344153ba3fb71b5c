"""Links, and how often each was followed on which day from where."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import make_db

from .urls import MAX_LENGTH

db = make_db()


class Code(db.Model):
    """Every code there ever was. It outlives its link, so that no code ever means two things."""

    code: Mapped[str] = mapped_column(String(32), primary_key=True)


class Link(db.Model):
    """Where a code leads."""

    __table_args__ = (
        CheckConstraint("clicks >= 0", name="clicks"),
        CheckConstraint("max_visits > 0", name="max_visits"),
    )

    code: Mapped[str] = mapped_column(ForeignKey(Code.code), primary_key=True)
    id: Mapped[int] = mapped_column(unique=True)  # of which the code is made, and by age
    url: Mapped[str] = mapped_column(String(MAX_LENGTH), index=True)
    permanent: Mapped[bool]
    clicks: Mapped[int] = mapped_column(BigInteger)
    max_visits: Mapped[int | None]  # as many clicks are the last; None: there is no last
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class DailyClicks(db.Model):
    """How often a link was followed on a day (UTC) from the pages of one host ("" is unknown)."""

    link_id: Mapped[int] = mapped_column(ForeignKey(Link.id, ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    referrer: Mapped[str] = mapped_column(String(255), primary_key=True)
    clicks: Mapped[int] = mapped_column(BigInteger)


class Serial(db.Model):
    """One row with the last row id that a link was given."""

    id: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
