"""Made-up events and sign-ups in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import insert

from common import clock, tokens
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from waitlist.models import Event, Signup, db

LISTS = [
    "/events?page=50",
    "/events?per_page=100",
    "/events/1/attendees?status=confirmed",
]
READS_EVERYTHING: dict[str, str] = {}
TOKEN = "made-up-organiser-of-event-1"
HEADERS = {"Authorization": "Bearer made-up-organiser-of-event-1"}

MINUTES_OF_A_YEAR = 525_600
CAPACITIES = (8, 12, 20, 50, 500)
MOST_WAITING = 1_000


def rows(number: int) -> None:
    """Add ``number`` events of one guest each; the first one is what a thousand wait for."""
    now = clock.now()
    random = Random(45)
    events = []
    for place in range(number):
        events.append(
            {
                "title": f"Event {place}",
                "starts_at": now + timedelta(minutes=random.randrange(1, MINUTES_OF_A_YEAR)),
                "capacity": random.choice(CAPACITIES),
                "taken": 1,
                "organiser_hash": f"{random.getrandbits(256):064x}",
            }
        )
    events[0]["capacity"] = 1
    events[0]["organiser_hash"] = tokens.hash_of(TOKEN)
    event_ids = db.session.scalars(insert(Event).returning(Event.id), events).all()
    signups = [signup(event_id, "guest", "confirmed") for event_id in event_ids]
    for place in range(min(number, MOST_WAITING)):
        signups.append(signup(event_ids[0], f"w{place}", "waitlisted"))
    db.session.execute(insert(Signup), signups)
    db.session.commit()


def signup(event_id: int, name: str, status: str) -> dict[str, object]:
    """Return the columns of a sign-up for one seat."""
    return {
        "event_id": event_id,
        "email": f"{name}@example.com",
        "seats": 1,
        "status": status,
        "created_at": clock.now(),
    }


if __name__ == "__main__":
    growth.main(rows)
