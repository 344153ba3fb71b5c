"""What is stored."""

from flask import current_app
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import make_db

from .titles import title_of

db = make_db()


class Note(db.Model):
    """A note."""

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(500))
    color: Mapped[str] = mapped_column(String(10), index=True)

    @property
    def title(self) -> str:
        """The first words of the text."""
        return title_of(self.text, current_app.config["TITLE_LENGTH"])
