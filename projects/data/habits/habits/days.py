"""Which date it is for a user, and which dates they may still write to."""

from datetime import date, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from common import clock
from common.errors import invalid

BACKFILL = timedelta(days=30)


class HasZone(Protocol):
    """Somebody who lives in a time zone."""

    time_zone: str


def today_for(user: HasZone) -> date:
    """Return the date that a calendar on the user's wall shows now.

    ``user.time_zone`` is an IANA name such as ``Europe/Vienna``. Now is `common.clock.now`, a
    moment in UTC; it must be looked at in the user's zone before its date is taken.
    """
    return clock.now().astimezone(ZoneInfo(user.time_zone)).date()


def writable(day: date, today: date) -> date:
    """Return ``day`` if check-ins of it can be written today, or raise the 422."""
    if day > today:
        raise invalid(f"This day is yet to come: today is {today}.", "path", "day")
    if day < today - BACKFILL:
        earliest = today - BACKFILL
        raise invalid(f"This day is too long ago: {earliest} is the earliest.", "path", "day")
    return day
