"""Demo users, and made-up users and sessions in any number."""

from datetime import timedelta
from random import Random

from sqlalchemy import func, insert, select

from common import clock

from . import passwords
from .models import Session, User, db
from .sessions import hash_of, new_id

DEMO = ("ana", "ben")
PASSWORD = "correct horse"  # noqa: S105  # everybody may know it: never seed in production
DEVICES = ("Firefox on Linux", "Chrome on Android", "Safari on iPhone", "Edge on Windows")


def seed() -> int:
    """Add the demo users that are not there, with one password; return how many."""
    present = set(db.session.scalars(select(User.username).where(User.username.in_(DEMO))))
    missing = [name for name in DEMO if name not in present]
    for name in missing:
        hashed = passwords.hash_of(PASSWORD)
        db.session.add(User(username=name, email=f"{name}@mail.example", password_hash=hashed))
    db.session.commit()
    return len(missing)


def fill(rows: int) -> None:
    """Add ``rows`` sessions of a tenth as many users; most of them are over."""
    random, now = Random(45), clock.now()  # noqa: S311  # made up anyway
    hashed = passwords.hash_of(new_id())  # nobody knows the password
    first = (db.session.scalar(select(func.max(User.id))) or 0) + 1
    users = [
        {"id": number, "username": f"user{number}", "email": f"user{number}@mail.example"}
        for number in range(first, first + rows // 10 + 1)
    ]
    made = []
    for _ in range(rows):
        begin = now - timedelta(minutes=random.expovariate(1 / 10_000))
        made.append(
            {
                "key_hash": hash_of(new_id()),
                "user_id": random.choice(users)["id"],
                "device": random.choice(DEVICES),
                "address": f"192.0.2.{random.randrange(256)}",
                "created_at": begin,
                "last_seen_at": begin + (now - begin) * random.random(),
            }
        )
    db.session.execute(insert(User), [user | {"password_hash": hashed} for user in users])
    db.session.execute(insert(Session), made)
    db.session.commit()
