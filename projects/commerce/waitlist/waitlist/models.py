"""Events, who signed up for them, the hashes of tokens, and the mails to be sent."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import make_db

db = make_db()

MOST_SEATS = 100_000  # of an event
MOST_AT_ONCE = 100  # of one sign-up
Status = Literal["confirmed", "offered", "waitlisted", "expired"]
Kind = Literal["offer", "link"]


class Event(db.Model):
    """An event. ``taken`` counts its confirmed and offered seats: the schema allows no more."""

    __table_args__ = (
        CheckConstraint(f"capacity BETWEEN 1 AND {MOST_SEATS}", name="capacity"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken"),
        Index(None, "starts_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    organiser_hash: Mapped[str] = mapped_column(String(64), unique=True)

    @property
    def free(self) -> int:
        """How many seats nobody has and nobody is offered."""
        return self.capacity - self.taken


class Signup(db.Model):
    """A party of one address. Who waits is in the order of ``id``; nobody's place is stored."""

    __table_args__ = (
        UniqueConstraint("event_id", "email"),
        CheckConstraint(f"seats BETWEEN 1 AND {MOST_AT_ONCE}", name="seats"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint(
            "status IN ('confirmed', 'waitlisted') AND confirm_by IS NULL"
            " OR status IN ('offered', 'expired') AND confirm_by IS NOT NULL",
            name="status",
        ),
        Index(None, "event_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey(Event.id))
    email: Mapped[str] = mapped_column(String(254))
    seats: Mapped[int]
    status: Mapped[Status] = mapped_column(String(10))
    confirm_by: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]

    def status_at(self, now: datetime) -> Status:
        """Return the status; an offer has expired at its time, whether noted by then or not."""
        if self.confirm_by is None or self.status != "offered":
            return self.status
        if self.confirm_by <= now:
            return "expired"
        return "offered"


class Token(db.Model):
    """What a token's hash opens: its sign-up. Each mail brings a token of its own."""

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    signup_id: Mapped[int] = mapped_column(ForeignKey(Signup.id, ondelete="CASCADE"), index=True)


class Notice(db.Model):
    """A mail to be sent at ``due_at``; null: somebody has taken it on. One of a kind, ever."""

    __table_args__ = (UniqueConstraint("signup_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    signup_id: Mapped[int] = mapped_column(ForeignKey(Signup.id, ondelete="CASCADE"))
    kind: Mapped[Kind] = mapped_column(String(10))
    due_at: Mapped[datetime | None] = mapped_column(index=True)
