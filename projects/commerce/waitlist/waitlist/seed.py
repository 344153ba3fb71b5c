"""Demo data."""

from datetime import timedelta

from sqlalchemy import select

from common import clock, tokens

from .models import Event, Signup, db

DEMO = {  # title: (days until it starts, capacity, parties as (name, seats))
    "Pottery for beginners": (7, 4, [("ana", 2), ("ben", 1), ("cem", 1), ("dora", 2), ("eli", 1)]),
    "Concert in the park": (14, 50, [("ana", 4), ("finn", 2), ("gita", 1)]),
    "Night walk with bats": (30, 12, []),
}


def seed() -> int:
    """Add the demo events that are not there, with their sign-ups; return how many."""
    now = clock.now()
    evening = now.replace(hour=18, minute=0, second=0, microsecond=0)
    stored = set(db.session.scalars(select(Event.title).where(Event.title.in_(DEMO))))
    added = 0
    for title, (days, capacity, parties) in DEMO.items():
        if title in stored:
            continue
        event = Event(
            title=title,
            starts_at=evening + timedelta(days=days),
            capacity=capacity,
            taken=0,
            organiser_hash=tokens.hash_of(tokens.new()),  # nobody's: announce one of your own
        )
        db.session.add(event)
        db.session.flush()
        for name, seats in parties:
            has_room = seats <= event.free
            signup = Signup(
                event_id=event.id,
                email=f"{name}@example.com",
                seats=seats,
                status="confirmed" if has_room else "waitlisted",
                created_at=now,
            )
            if has_room:
                event.taken = event.taken + seats
            db.session.add(signup)
            db.session.flush()
        added += 1
    db.session.commit()
    return added
