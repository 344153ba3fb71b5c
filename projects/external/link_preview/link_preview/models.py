"""The previews that are kept, and who is fetching what."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import UtcDateTime, make_db

from .fetching import MAX_URL

db = make_db()


class Preview(db.Model):
    """What became of a URL, and a claim of whoever is fetching it at this moment."""

    url: Mapped[str] = mapped_column(String(MAX_URL), primary_key=True)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """``{"preview": …}`` or ``{"problem": …}``; None until it was fetched for the first time."""
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    claimed_until: Mapped[datetime] = mapped_column(UtcDateTime)
