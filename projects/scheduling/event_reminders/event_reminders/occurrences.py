"""When an event happens: local time, time zones and the recurrence rules of RFC 5545.

An event happens at nine *in Vienna*, before and after the clocks change. So its start is kept as a
local time with a zone, its repetitions are local times too, and only then each of them becomes a
moment in UTC.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

FIRST, LAST = datetime(2000, 1, 1), datetime(2069, 12, 31, 23, 59, 59)  # noqa: DTZ001  # local
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = f"(?:{'|'.join(DAYS)})"
MONTH_DAY = "-?(?:3[01]|[12][0-9]|[1-9])"
PARTS = {  # what a rule may have; RFC 5545, section 3.3.10, without what no calendar page offers
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": "[1-9][0-9]{0,2}",
    "COUNT": "[1-9][0-9]{0,3}",
    "UNTIL": "[0-9]{8}T[0-9]{6}Z",
    "BYDAY": f"(?:[+-]?[1-5])?{DAY}(?:,(?:[+-]?[1-5])?{DAY})*",
    "BYMONTHDAY": f"{MONTH_DAY}(?:,{MONTH_DAY})*",
    "BYMONTH": "(?:1[0-2]|[1-9])(?:,(?:1[0-2]|[1-9]))*",
    "BYSETPOS": "-?[1-5]",
    "WKST": DAY,
}


def moment(local: datetime, zone: str) -> datetime:
    """Return the moment in UTC at which the clocks of ``zone`` show the naive time ``local``.

    In spring they skip an hour. A time in it is counted from the offset before, and so comes out
    one hour later: 02:30 is 03:30. In autumn they show an hour twice: it is the first that counts.
    (RFC 5545, section 3.3.5, says the same.)
    """
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def occurrences(starts_at: datetime, zone: str, rule: str | None) -> Iterator[datetime]:
    """Yield the moments in UTC of an event, the first one first, lazily.

    ``starts_at`` is the naive local time of the first; ``rule`` is one that `checked` has passed,
    or None for an event that happens once. There are never two at the same moment, and none after
    the year 2069.
    """
    if rule is None:
        yield moment(starts_at, zone)
        return
    parts = _parse(rule)
    end = _until(parts)
    before = None
    for local in _expand(parts, starts_at):
        at = moment(local, zone) if local <= LAST else None
        if at is None or (end and at > end):
            return
        if at != before:  # a zone that crosses the date line skips a day: Samoa, 30 December 2011
            yield at
        before = at


def checked(rule: str, starts_at: datetime, zone: str) -> str:
    """Return a recurrence rule in capital letters, or say what is wrong with it.

    An event starts with its first occurrence: a rule for Mondays needs a start on a Monday. (RFC
    5545 leaves it open what the other case means, and calendars differ.) This is also what keeps
    dateutil from looking for 30 February until the year 9999.

    Raises:
        ValueError: with the reason, in words for the person who wrote the rule.
    """
    parts = _parse(rule.upper().removeprefix("RRULE:"))
    if not _fits(parts, starts_at) or next(_expand(parts, starts_at), None) != starts_at:
        raise ValueError("does not fit starts_at, which must be the first occurrence")
    if (end := _until(parts)) and end < moment(starts_at, zone):
        raise ValueError("ends before the event starts")
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _parse(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in PARTS:
            raise ValueError(f"has {part!r}; known are {', '.join(PARTS)}")
        if name in parts:
            raise ValueError(f"has {name} twice")
        if not re.fullmatch(PARTS[name], value):
            hint = "; write a moment in UTC: 20261231T230000Z" if name == "UNTIL" else ""
            raise ValueError(f"has a wrong {part}{hint}")
        parts[name] = value
    frequency, numbered = parts.get("FREQ"), bool(re.search("[1-5]", parts.get("BYDAY", "")))
    if frequency is None:
        raise ValueError("needs a FREQ, such as FREQ=WEEKLY")
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise ValueError("has COUNT and UNTIL; one of them is enough")
    if frequency in {"DAILY", "WEEKLY"} and (numbered or "BYSETPOS" in parts):
        raise ValueError("counts days of a month, and so needs FREQ=MONTHLY or FREQ=YEARLY")
    if frequency == "WEEKLY" and "BYMONTHDAY" in parts:
        raise ValueError("cannot have BYMONTHDAY with FREQ=WEEKLY")
    if numbered and {"BYMONTHDAY", "BYSETPOS"} & parts.keys():
        raise ValueError("cannot have BYMONTHDAY or BYSETPOS with a numbered BYDAY")
    if "BYSETPOS" in parts and "BYDAY" not in parts:
        raise ValueError("cannot have BYSETPOS without BYDAY")
    return parts


def _until(parts: dict[str, str]) -> datetime | None:
    if "UNTIL" not in parts:
        return None
    try:
        return datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"has an UNTIL={parts['UNTIL']} that is no date") from None


def _fits(parts: dict[str, str], starts_at: datetime) -> bool:
    """Tell whether the start is a day that the rule names: months, days of months, weekdays."""
    from_end = starts_at.day - monthrange(starts_at.year, starts_at.month)[1] - 1
    month, weekday = str(starts_at.month), DAYS[starts_at.weekday()]
    month_days = parts.get("BYMONTHDAY", str(from_end)).split(",")
    return (
        month in parts.get("BYMONTH", month).split(",")
        and (str(starts_at.day) in month_days or str(from_end) in month_days)
        and weekday in parts.get("BYDAY", weekday)
    )


def _expand(parts: dict[str, str], starts_at: datetime) -> Iterator[datetime]:
    """Yield the local times of a rule; UNTIL is a moment in UTC, and so not dateutil's business."""
    text = ";".join(f"{name}={value}" for name, value in parts.items() if name != "UNTIL")
    return iter(rrulestr(text, dtstart=starts_at))
