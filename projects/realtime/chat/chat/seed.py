"""Demo data: four users, three rooms, a conversation of two."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle

from sqlalchemy import func, select, update

from common import accounts, clock

from . import rooms
from .models import Message, Room, User, db

USERS = ("ana", "ben", "chloe", "dev")


@dataclass(frozen=True, slots=True)
class Demo:
    """A room: the first member owns it, and they speak in turn."""

    name: str
    private: bool
    members: tuple[str, ...]
    said: tuple[str, ...]


ROOMS = [
    Demo(
        "Kitchen",
        False,
        USERS,
        (
            "Who has the big pot?",
            "It is drying on the balcony.",
            "Soup at seven then. Bring bread!",
            "I bring two loaves and a hungry friend.",
            "The more the better.",
        ),
    ),
    Demo("Bike repair", False, ("ben", "dev"), ("My chain jumps.", "Count its links.")),
    Demo(
        "Chloe's birthday",
        True,
        ("ana", "ben", "dev"),
        ("Cake?", "Cake.", "Who asks the neighbours?"),
    ),
]
DIRECT = ("ana", "ben")
SAID = ("Did you see the fox this morning?", "On the roof of the shed!")


def seed() -> int:
    """Add the demo users, rooms and messages that are not there; return how many rows."""
    before = count_rows()
    users = {name: accounts.demo_user(name) for name in USERS}
    for demo in ROOMS:
        owner = users[demo.members[0]]
        if db.session.scalar(select(Room.id).filter_by(name=demo.name, owner_id=owner.id)) is None:
            room = rooms.create(demo.name, owner.id, private=demo.private)
            for name in demo.members:
                rooms.add(room, users[name].id)
            talk(room.id, [users[name].id for name in demo.members], demo.said)
    pair = [users[name] for name in DIRECT]
    room_id, is_new = rooms.direct(*pair)
    if is_new:
        talk(room_id, [user.id for user in pair], SAID)
    db.session.commit()
    return count_rows() - before


def talk(room_id: int, user_ids: list[int], said: tuple[str, ...]) -> None:
    """Let users say something in turn, a minute between, the last of it a while ago."""
    moment = clock.now() - timedelta(hours=1, minutes=len(said))
    speakers = cycle(user_ids)
    for number, body in enumerate(said):
        message, _ = rooms.deliver(next(speakers), room_id, body, f"demo-{number}")
        db.session.execute(update(Message).filter_by(id=message.id).values(sent_at=moment))
        moment += timedelta(minutes=1)


def count_rows() -> int:
    """Return how many rows there are of what a seed adds."""
    total = 0
    for model in (User, Room, Message):
        total += db.session.scalar(select(func.count()).select_from(model)) or 0
    return total
