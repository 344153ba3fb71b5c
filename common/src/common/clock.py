"""The time of day, in one place, so that tests and grading can set it."""

from datetime import UTC, datetime, timedelta

_fixed: datetime | None = None


def now() -> datetime:
    """Return the current moment as an aware datetime in UTC."""
    return _fixed or datetime.now(UTC)


def set_to(moment: datetime | str) -> None:
    """Stop the clock at ``moment``: an aware datetime or RFC 3339 text."""
    global _fixed  # noqa: PLW0603  # one clock for the process is the point
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: write 2026-03-01T12:00:00Z")
    _fixed = moment.astimezone(UTC)


def advance(**delta: float) -> None:
    """Move a stopped clock (or stop it now) by ``timedelta(**delta)``: ``advance(days=1)``."""
    set_to(now() + timedelta(**delta))


def reset() -> None:
    """Let time run again."""
    global _fixed  # noqa: PLW0603  # as above
    _fixed = None
