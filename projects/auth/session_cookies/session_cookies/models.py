"""Users, and where they are logged in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database import make_db

db = make_db()


class User(db.Model):
    """Somebody who may log in."""

    is_authenticated = True  # what Flask-Login asks

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(30), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200))


class Session(db.Model):
    """A login. The id in the cookie is not here: who reads this table can be nobody."""

    id: Mapped[int] = mapped_column(primary_key=True)
    """A number for people to name the session by; it opens nothing."""
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    device: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime] = mapped_column(index=True)

    user: Mapped[User] = relationship()
