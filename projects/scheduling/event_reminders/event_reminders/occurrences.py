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

FIRST = datetime(2000, 1, 1)  # noqa: DTZ001  # local
LAST = datetime(2069, 12, 31, 23, 59, 59)  # noqa: DTZ001  # local
Parts = dict[str, str]  # of a rule: {"FREQ": "WEEKLY", "BYDAY": "MO,WE"}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = f"(?:{'|'.join(DAYS)})"
NUMBERED_DAY = f"(?:[+-]?0?[1-5])?{DAY}"
MONTH = "(?:1[0-2]|0?[1-9])"
MONTH_DAY = "[+-]?(?:3[01]|[12][0-9]|0?[1-9])"
POSITION = "[+-]?0{0,2}[1-9][0-9]?"
PARTS = {  # what a rule may have; RFC 5545, section 3.3.10, without what no calendar page offers
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": "0*[1-9][0-9]{0,2}",
    "COUNT": "0*[1-9][0-9]{0,3}",
    "UNTIL": "[0-9]{8}T[0-9]{6}Z",
    "BYDAY": f"{NUMBERED_DAY}(?:,{NUMBERED_DAY})*",
    "BYMONTHDAY": f"{MONTH_DAY}(?:,{MONTH_DAY})*",
    "BYMONTH": f"{MONTH}(?:,{MONTH})*",
    "BYSETPOS": f"{POSITION}(?:,{POSITION})*",
    "WKST": DAY,
}
NO_FIT = "does not fit starts_at, which must be the first occurrence"
CHOOSING = {"BYDAY", "BYMONTHDAY", "BYMONTH"}


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
        if local > LAST:
            return
        at = moment(local, zone)
        if end is not None and at > end:
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
    _check_together(parts)
    if not _fits(parts, starts_at):
        raise ValueError(NO_FIT)
    first = next(_expand(parts, starts_at), None)
    if first != starts_at:
        raise ValueError(NO_FIT)
    end = _until(parts)
    if end is not None and end < moment(starts_at, zone):
        raise ValueError("ends before the event starts")
    return _text(parts)


def _parse(rule: str) -> Parts:
    """Return the parts of a rule, each of which is right by itself."""
    parts: Parts = {}
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
    return parts


def _check_together(parts: Parts) -> None:
    """Raise ValueError for parts that RFC 5545 does not allow beside each other."""
    if "FREQ" not in parts:
        raise ValueError("needs a FREQ, such as FREQ=WEEKLY")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("has COUNT and UNTIL; one of them is enough")
    counts_days = "BYSETPOS" in parts or re.search("[1-5]", parts.get("BYDAY", ""))
    if counts_days and parts["FREQ"] in ("DAILY", "WEEKLY"):
        raise ValueError("counts days of a month, and so needs FREQ=MONTHLY or FREQ=YEARLY")
    if parts["FREQ"] == "WEEKLY" and "BYMONTHDAY" in parts:
        raise ValueError("cannot have BYMONTHDAY with FREQ=WEEKLY")
    if "BYSETPOS" in parts and not parts.keys() & CHOOSING:
        raise ValueError("has BYSETPOS, but no days of which that chooses, such as BYDAY=MO,TU")


def _until(parts: Parts) -> datetime | None:
    if "UNTIL" not in parts:
        return None
    try:
        return datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"has an UNTIL={parts['UNTIL']} that is no date") from None


def _fits(parts: Parts, starts_at: datetime) -> bool:
    """Tell whether the start is a day that the rule names: months, days of months, weekdays."""
    months = _numbers(parts, "BYMONTH")
    if months and starts_at.month not in months:
        return False
    month_days = _numbers(parts, "BYMONTHDAY")
    length = monthrange(starts_at.year, starts_at.month)[1]
    from_end = starts_at.day - length - 1
    if month_days and starts_at.day not in month_days and from_end not in month_days:
        return False
    weekdays = re.findall(DAY, parts.get("BYDAY", ""))
    return not weekdays or DAYS[starts_at.weekday()] in weekdays


def _numbers(parts: Parts, name: str) -> list[int]:
    if name not in parts:
        return []
    return [int(number) for number in parts[name].split(",")]


def _expand(parts: Parts, starts_at: datetime) -> Iterator[datetime]:
    """Yield the local times of a rule; UNTIL is a moment in UTC, and so not dateutil's business."""
    without_end = {name: value for name, value in parts.items() if name != "UNTIL"}
    return iter(rrulestr(_text(without_end), dtstart=starts_at))


def _text(parts: Parts) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())
