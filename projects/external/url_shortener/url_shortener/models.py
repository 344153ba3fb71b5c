"""Links, and how often each was followed on which day from where."""

from datetime import date, datetime
from typing import Any

from flask import url_for
from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, ForeignKey, String, or_
from sqlalchemy.orm import Mapped, mapped_column

from common.database import UtcDateTime, insert, make_db

from . import urls

db = make_db()


class Code(db.Model):
    """Every code there ever was. It outlives its link, so that no code ever means two things."""

    __table_args__ = (CheckConstraint("length(code) BETWEEN 3 AND 32", name="length"),)

    code: Mapped[str] = mapped_column(String(32), primary_key=True)


class Link(db.Model):
    """Where a code leads."""

    __table_args__ = (CheckConstraint("clicks >= 0", name="clicks"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(ForeignKey(Code.code), unique=True)
    url: Mapped[str] = mapped_column(String(urls.MAX_LENGTH), index=True)
    permanent: Mapped[bool] = mapped_column(default=False)
    clicks: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def is_live(cls, moment: datetime) -> ColumnElement[bool]:
        """Return the condition that a link has not expired at ``moment``."""
        return or_(cls.expires_at.is_(None), cls.expires_at > moment)

    @property
    def short_url(self) -> str:
        """The absolute URL to hand out, with the host and prefix under which we were asked."""
        return url_for("links.follow", code=self.code, _external=True)


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


def upsert(model: type[Any], key: dict[str, Any], change: dict[str, Any], **first: object) -> Any:
    """Return an INSERT of ``key`` and ``first`` that, where the key exists, makes ``change``."""
    row = insert(db, model).values(**key, **first)
    return row.on_conflict_do_update(index_elements=list(key), set_=change)
