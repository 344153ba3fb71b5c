"""What is stored."""

from typing import Literal, get_args

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import make_db

db = make_db()

Color = Literal["yellow", "green"]
COLORS = get_args(Color)


class Note(db.Model):
    """A note."""

    __table_args__ = (CheckConstraint(f"color IN {COLORS}", name="color"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(String(500))
    color: Mapped[str] = mapped_column(String(10), index=True)
    priority: Mapped[int] = mapped_column(default=0)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
