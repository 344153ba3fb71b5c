"""Which date it is for a user, and which dates they can have missed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from common import clock

from .models import User

DAY = timedelta(days=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def today_for(user: User) -> date:
    """Return the date that a calendar on the user's wall shows now.

    ``user.time_zone`` is an IANA name such as ``Europe/Vienna``. Now is `common.clock.now`, a
    moment in UTC; it must be looked at in the user's zone before its date is taken.
    """
    return clock.now().astimezone(ZoneInfo(user.time_zone)).date()


def can_be_missed(day: date, user: User) -> bool:
    """Tell whether a day has ended at midnight where the user lived then, or will.

    Who flies west over the date line on Thursday and lands on Saturday had no Friday, and no end of
    Thursday. In Samoa nobody had a 30 December 2011: there the zone itself changed sides. Such a
    day cannot be missed.
    """
    since = LONG_AGO
    for stay in user.stays:
        if since < end_of(day, stay.time_zone) <= stay.until:
            return True
        since = stay.until
    return since < end_of(day, user.time_zone)


def end_of(day: date, zone: str) -> datetime:
    """Return the moment, in UTC, at which a day ends in a zone; `LONG_AGO` if it has no such day.

    Only in UTC can two moments be compared: within one zone Python compares what the walls show.
    """
    wall = ZoneInfo(zone)
    begin = datetime.combine(day, time(), wall).astimezone(UTC)
    end = datetime.combine(day + DAY, time(), wall).astimezone(UTC)
    if begin == end:
        return LONG_AGO
    return end
