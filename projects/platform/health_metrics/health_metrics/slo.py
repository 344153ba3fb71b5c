"""Service level objectives: what is promised, how much of the budget is left, how fast it burns.

The terms and the numbers of `ALERTS` are those of Google's "The Site Reliability Workbook",
chapter 5, "Alerting on SLOs". Pure arithmetic: counts come in, ratios go out.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

Severity = Literal["page", "ticket"]

PERIOD = timedelta(days=30)
LATENCY_SECONDS = 0.3
FAILED = 500  # this status, and those above


@dataclass(frozen=True)
class Counts:
    """How many requests there were, and how many of them were bad: failed (5xx) or slow."""

    requests: int
    failed: int
    slow: int

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(
            self.requests + more.requests,
            self.failed + more.failed,
            self.slow + more.slow,
        )


class Objective(NamedTuple):
    """A promise: at least ``target`` of all requests of the period are not ``bad``."""

    name: str
    text: str
    target: float
    bad: Literal["failed", "slow"]


OBJECTIVES = (
    Objective("availability", "99.9 % of requests do not fail (5xx)", 0.999, "failed"),
    Objective("latency", "99 % of requests take at most 300 ms", 0.99, "slow"),
)
MINUTES = {"5m": 5, "30m": 30, "1h": 60, "2h": 120, "6h": 360, "1d": 1440, "3d": 4320}
WINDOWS = {name: timedelta(minutes=minutes) for name, minutes in MINUTES.items()}
ALERTS: tuple[
    tuple[Severity, str, str, float], ...
] = (  # (severity, long window, short window, burn rate), the most urgent first
    ("page", "1h", "5m", 14.4),  # 2 % of the budget in one hour
    ("page", "6h", "30m", 6),  # 5 % in six hours
    ("ticket", "1d", "2h", 3),  # 10 % in a day
    ("ticket", "3d", "6h", 1),  # 10 % in three days
)


def increase(before: Counts, after: Counts) -> Counts:
    """Return by how much counters have grown between two readings.

    A counter only ever grows. If any of the three shows less than before, all of them have begun
    anew at 0 in the meantime, and have grown by what they show now.
    """
    grown = Counts(
        after.requests - before.requests,
        after.failed - before.failed,
        after.slow - before.slow,
    )
    if min(grown.requests, grown.failed, grown.slow) < 0:
        return after
    return grown


def burn_rate(bad: int, requests: int, target: float) -> float:
    """Return how many times as fast as allowed the error budget is used up.

    The budget is what ``target`` leaves: with 0.999 it is one request in a thousand. At a burn rate
    of 1 the budget lasts exactly as long as the period, at 2 half as long. Without requests nobody
    was let down: it is 0.
    """
    if requests == 0:
        return 0.0
    allowed = 1 - target
    return bad / requests / allowed


def budget_left(bad: int, requests: int, target: float) -> float:
    """Return which part of the period's error budget is left: 1 all, 0 none, below 0 overdrawn."""
    return 1 - burn_rate(bad, requests, target)


def alert(burn_rates: dict[str, float]) -> Severity | None:
    """Return the severity of the most urgent of `ALERTS` that these burn rates set off, or None.

    An alert goes off when the burn rate is *above* its threshold in both of its windows: the long
    one says that it matters, the short one that it still goes on. ``burn_rates`` has one for each
    of `WINDOWS`.
    """
    for severity, long, short, threshold in ALERTS:
        if burn_rates[long] > threshold and burn_rates[short] > threshold:
            return severity
    return None
