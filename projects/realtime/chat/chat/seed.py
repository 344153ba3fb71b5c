"""Demo data: four users, three rooms, a conversation of two; and made-up rows in any number."""

from datetime import timedelta
from itertools import cycle, islice
from random import Random

from sqlalchemy import func, insert, select, update

from common import accounts, clock

from . import rooms
from .models import Member, Message, Room, User, db

PASSWORD = "correct horse"  # noqa: S105  # of everybody in the demo
USERS = ("ana", "ben", "chloe", "dev")
ROOMS: dict[
    str, tuple[bool, tuple[str, ...], tuple[str, ...]]
] = {  # private, members, what is said
    "Kitchen": (
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
    "Bike repair": (False, ("ben", "dev"), ("My chain jumps.", "Count its links, then the teeth.")),
    "Chloe's birthday": (
        True,
        ("ana", "ben", "dev"),
        ("Cake?", "Cake.", "Who asks the neighbours?"),
    ),
}
DIRECT = ("ana", "ben", ("Did you see the fox this morning?", "On the roof of the shed!"))


def seed() -> int:
    """Add the demo users, rooms and messages that are not there; return how many rows."""
    before = rows()
    user_ids = {name: user_id(name) for name in USERS}
    for name, (private, members, said) in ROOMS.items():
        owner = user_ids[members[0]]
        if db.session.scalar(select(Room.id).filter_by(name=name, owner_id=owner)) is None:
            room = rooms.create(Room(name=name, private=private, owner_id=owner), owner)
            for member in members[1:]:
                rooms.add(room.id, user_ids[member], 0)
            talk(room.id, [user_ids[member] for member in members], said)
    one, other, said = DIRECT
    pair = [db.session.get_one(User, user_ids[name]) for name in (one, other)]
    room, is_new = rooms.direct(*pair)
    if is_new:
        talk(room.id, [user_ids[one], user_ids[other]], said)
    db.session.commit()
    return rows() - before


def fill(number: int) -> None:
    """Add ``number`` messages and half as many public rooms; most is said in the first of them."""
    random, now, ana = Random(45), clock.now(), user_id("ana")  # noqa: S311  # made up anyway
    names = [f"Room {it}" for it in range((number + 1) // 2)]
    made = [{"name": name, "private": False, "owner_id": ana} for name in names]
    room_ids = [*db.session.scalars(insert(Room).returning(Room.id), made)]
    said = []
    for place in range(number):
        room_id = room_ids[min(int(random.paretovariate(1)), len(room_ids)) - 1]
        named = {"room_id": room_id, "sender_id": ana, "client_id": f"made-up-{place}"}
        at = now - timedelta(seconds=number - place)
        said.append(named | {"body": f"Message {place}", "sent_at": at})
    db.session.execute(insert(Message), said)
    spoken = {message["room_id"] for message in said}
    db.session.execute(insert(Member), [{"room_id": it, "user_id": ana} for it in spoken])
    newest = select(func.max(Message.id)).where(Message.room_id == Room.id).scalar_subquery()
    has_some = select(Message.id).where(Message.room_id == Room.id).exists()
    db.session.execute(update(Room).where(has_some).values(last_id=newest))
    db.session.commit()


def user_id(name: str) -> int:
    """Return the id of a demo user, who is made if need be."""
    found: int | None = db.session.scalar(select(User.id).filter_by(username=name))
    if found is None:
        user = accounts.new_user(name, PASSWORD)
        db.session.add(user)
        db.session.commit()
        found = user.id
    return found


def talk(room_id: int, members: list[int], said: tuple[str, ...]) -> None:
    """Let members say something in turn, a minute between, the last of it a while ago."""
    begin = clock.now() - timedelta(hours=1, minutes=len(said))
    for number, (member, body) in enumerate(
        zip(islice(cycle(members), len(said)), said, strict=True)
    ):
        message, _ = rooms.deliver(member, room_id, body, f"demo-{number}")
        at = begin + timedelta(minutes=number)
        db.session.execute(update(Message).filter_by(id=message.id).values(sent_at=at))
        db.session.commit()


def rows() -> int:
    """Return how many rows there are of what a seed adds."""
    tables = (User, Room, Message)
    return sum(db.session.scalar(select(func.count()).select_from(it)) or 0 for it in tables)
