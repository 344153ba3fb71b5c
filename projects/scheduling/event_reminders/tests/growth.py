"""Made-up events and reminders in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import insert

from common import accounts, clock
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from event_reminders.models import Event, Reminder, db

LISTS = [
    "/events?page=20",
    "/events?per_page=100",
    "/reminders?page=20",
    "/reminders?status=pending&per_page=100",
]
READS_EVERYTHING: dict[str, str] = {}

MOST_AWAY = 5 * 366 * 24 * 60  # minutes
BEFORE = 10  # minutes


def rows(number: int) -> None:
    """Add ``number`` events, every second one ana's, five years back to five ahead.

    Each that is to come has a reminder.
    """
    random = Random(45)
    now = clock.now().replace(microsecond=0)
    owner_ids = [accounts.demo_user(name).id for name in ("ana", "ben")]
    events = []
    moments = []
    for place in range(number):
        starts_at = now + timedelta(minutes=random.randrange(-MOST_AWAY, MOST_AWAY))
        moments.append(starts_at)
        events.append(
            {
                "user_id": owner_ids[place % 2],
                "uid": UUID(int=random.getrandbits(128), version=4),
                "title": f"Appointment {place + 1}",
                "starts_at": starts_at.replace(tzinfo=None),
                "time_zone": "UTC",
                "reminders": [BEFORE],
            }
        )
    statement = insert(Event).returning(Event.id, Event.user_id, sort_by_parameter_order=True)
    reminders = []
    for event, occurs_at in zip(db.session.execute(statement, events), moments, strict=True):
        due_at = occurs_at - timedelta(minutes=BEFORE)
        if due_at > now:
            reminders.append(
                {
                    "event_id": event.id,
                    "user_id": event.user_id,
                    "minutes": BEFORE,
                    "occurs_at": occurs_at,
                    "due_at": due_at,
                    "try_at": due_at,
                }
            )
    db.session.execute(insert(Reminder), reminders)
    db.session.commit()


if __name__ == "__main__":
    growth.main(rows)
