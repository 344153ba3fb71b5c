"""Demo users."""

from sqlalchemy import select

from . import passwords
from .models import User, db

DEMO = ("ana", "ben")
PASSWORD = "correct horse"  # noqa: S105  # everybody may know it: never seed in production


def seed() -> int:
    """Add the demo users that are not there, with one password; return how many."""
    present = set(db.session.scalars(select(User.username).where(User.username.in_(DEMO))))
    missing = [name for name in DEMO if name not in present]
    for name in missing:
        hashed = passwords.hash_of(PASSWORD)
        db.session.add(User(username=name, email=f"{name}@mail.example", password_hash=hashed))
    db.session.commit()
    return len(missing)
