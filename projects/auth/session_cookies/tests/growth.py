"""Made-up users and sessions in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, insert, select

from common import clock, passwords, tokens
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from session_cookies.models import Session, User, db
from session_cookies.seed import seed

LISTS = ["/me", "/sessions"]
READS_EVERYTHING: dict[str, str] = {}

SESSIONS_OF_A_USER = 10
DEVICES = ("Firefox on Linux", "Chrome on Android", "Safari on iPhone", "Edge on Windows")


def rows(number: int) -> None:
    """Add ``number`` sessions of a tenth as many users, most of them over; and the demo users."""
    seed()
    now = clock.now()
    random = Random(45)
    first = db.session.scalars(select(func.max(User.id))).one() + 1
    hashed = passwords.hash_of(tokens.new())  # nobody knows the password
    users = []
    for user_id in range(first, first + number // SESSIONS_OF_A_USER + 1):
        name = f"user{user_id}"
        users.append(
            {
                "id": user_id,
                "username": name,
                "email": f"{name}@mail.example",
                "password_hash": hashed,
            }
        )
    sessions = []
    for session in range(number):
        begin = now - timedelta(minutes=random.expovariate(1 / 10_000))
        sessions.append(
            {
                "key_hash": tokens.hash_of(f"made up {first} {session}"),
                "user_id": random.choice(users)["id"],
                "device": random.choice(DEVICES),
                "address": f"192.0.2.{random.randrange(256)}",
                "created_at": begin,
                "last_seen_at": begin + (now - begin) * random.random(),
            }
        )
    db.session.execute(insert(User), users)
    db.session.execute(insert(Session), sessions)
    db.session.commit()


if __name__ == "__main__":
    growth.main(rows)
