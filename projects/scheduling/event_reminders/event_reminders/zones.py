"""A time zone as a calendar file describes it: VTIMEZONE of RFC 5545, section 3.6.5.

A zone has onsets: moments at which its clocks are changed. Where one comes back each year, such as
on the last Sunday of March at two, a single rule tells of all these years. An onset is written as
what the clocks show that are about to be changed.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from .occurrences import DAYS, FIRST, LAST, moment

# By these steps the next onset is looked for: in no zone have two come within five days.
STEPS = (
    timedelta(days=5),
    timedelta(hours=1),
    timedelta(minutes=1),
)
WEEK = 7  # days


@cache
def describe(zone: str) -> icalendar.Timezone:
    """Return the VTIMEZONE of a zone, for the years in which there are events."""
    timezone = icalendar.Timezone()
    timezone.add("tzid", zone)
    latest: dict[str, tuple[int, Any]] = {}  # of each kind of onset: the year, and its component
    for begun, before in onsets(zone):
        at = begun.astimezone(UTC)
        local = (at + before).replace(tzinfo=None)
        rule = yearly(local)
        kind = f"{rule} {local:%H:%M} {before} {begun.utcoffset()}"
        year, component = latest.get(kind, (0, None))
        if year == local.year - 1:
            if local.year < LAST.year:
                rule = f"{rule};UNTIL={at:%Y%m%dT%H%M%SZ}"
            component["rrule"] = icalendar.vRecur.from_ical(rule)
        else:
            if begun.dst():
                component = icalendar.TimezoneDaylight()
            else:
                component = icalendar.TimezoneStandard()
            component.add("dtstart", local)
            component.add("tzoffsetfrom", before)
            component.add("tzoffsetto", begun.utcoffset())
            component.add("tzname", begun.tzname())
            timezone.add_component(component)
        latest[kind] = (local.year, component)
    return timezone


def onsets(zone: str) -> Iterator[tuple[datetime, timedelta]]:
    """Yield what the clocks show from each onset on, and how far they were ahead of UTC before.

    The first one stands for what was before the year 2000.
    """
    wall = ZoneInfo(zone)
    at = moment(FIRST, zone)
    end = moment(LAST, zone)
    before = offset(at, wall)
    while at < end:
        yield at.astimezone(wall), before
        before = offset(at, wall)
        for step in STEPS:
            while at < end and offset(at + step, wall) == before:
                at += step
        at += STEPS[-1]


def offset(at: datetime, wall: ZoneInfo) -> timedelta:
    """Return how far the clocks are ahead of UTC at a moment."""
    return at.astimezone(wall).utcoffset() or timedelta(0)


def yearly(local: datetime) -> str:
    """Return the rule of what comes back on such a day: the last or the n-th of its weekday."""
    length = monthrange(FIRST.year, local.month)[1]
    number = (local.day - 1) // WEEK + 1
    if local.day > length - WEEK:
        number = -1
    return f"FREQ=YEARLY;BYMONTH={local.month};BYDAY={number}{DAYS[local.weekday()]}"
