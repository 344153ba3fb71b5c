"""Events as a calendar that other programs read: iCalendar, RFC 5545."""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

import icalendar

from . import zones
from .models import Event


def calendar(events: Iterable[Event]) -> bytes:
    """Return the events as an iCalendar file.

    Each time has its zone (``TZID``) and not UTC, for a series is to stay at nine when the clocks
    change; the file describes every zone it names (``VTIMEZONE``). icalendar folds lines at 75
    octets and escapes commas, semicolons and line breaks.
    """
    file = icalendar.Calendar()
    file.add("prodid", "-//flask-45//event_reminders//EN")
    file.add("version", "2.0")
    for event in events:
        file.add_component(_vevent(event))
    for zone in sorted(file.get_missing_tzids()):
        file.add_component(zones.describe(zone))
    return bytes(file.to_ical())


def _vevent(event: Event) -> icalendar.Event:
    vevent = icalendar.Event()
    vevent.add("uid", str(event.uid))
    vevent.add("dtstamp", event.updated_at)
    vevent.add("last-modified", event.updated_at)
    zone = ZoneInfo(event.time_zone)
    vevent.add("dtstart", event.starts_at.replace(tzinfo=zone))
    vevent.add("summary", event.title)
    if event.rrule is not None:
        vevent.add("rrule", icalendar.vRecur.from_ical(event.rrule))
    for before in event.reminders:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", event.title)
        alarm.add("trigger", timedelta(minutes=-before))
        vevent.add_component(alarm)
    return vevent
