"""Streaks: how many days a habit is meant for have been done in a row.

Everything here is about calendar dates. A date has no hours, so no night on which the clocks change
can shorten one, and no move to another time zone can change one that is written down.

Three rules make a streak:

- A scheduled day that is done lengthens it.
- A scheduled day that is over and not done ends it. Today is not over.
- A day that is not scheduled does neither, whether something was done on it or not.
"""

from collections.abc import Callable, Set
from datetime import date, timedelta

DAY = timedelta(days=1)
Schedule = Callable[[date], bool]


def current(done: Set[date], is_scheduled: Schedule, today: date) -> int:
    """Return the length of the streak that still runs, in scheduled days that are done.

    ``done`` are the days on which enough was done; ``is_scheduled`` tells for any date whether the
    habit is meant for it, and does so for at least one day of each week. Today counts when it is
    done, and does not hurt while it is not.

    Who flies east over the date line may have done tomorrow already, and that counts, too: the
    last day to look at is the later of ``today`` and the last one done.
    """
    streak = 0
    day = max({today, *done})
    while True:
        if is_scheduled(day):
            if day in done:
                streak += 1
            elif day < today:
                return streak
        day -= DAY


def longest(done: Set[date], is_scheduled: Schedule, today: date) -> int:
    """Return the length of the longest streak there has been; the one that runs may be it.

    The arguments are those of `current`. Without a scheduled day that is done, it is 0.
    """
    streak = 0
    best = 0
    day = min({today, *done})
    last = max({today, *done})
    while day <= last:
        if is_scheduled(day):
            if day in done:
                streak += 1
                best = max(best, streak)
            elif day < today:
                streak = 0
        day += DAY
    return best
