"""Demo users."""

from sqlalchemy import select

from common import passwords

from .models import User, db

DEMO = ("ana", "ben")
PASSWORD = "correct horse"  # noqa: S105  # everybody may know it: never seed in production


def seed() -> int:
    """Add the demo users that are not there, with one password; return how many."""
    stored = set(db.session.scalars(select(User.username).where(User.username.in_(DEMO))))
    added = 0
    for name in DEMO:
        if name in stored:
            continue
        user = User(username=name, email=f"{name}@mail.example")
        user.password_hash = passwords.hash_of(PASSWORD)
        db.session.add(user)
        added += 1
    db.session.commit()
    return added
