"""Made-up rooms and messages in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, insert, select, update

from common import accounts, clock
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from chat.models import Member, Message, Room, db

LISTS = [
    "/rooms?page=50",
    "/rooms?per_page=100",
    "/rooms/1/members",
    "/rooms/1/messages?limit=100",
    "/rooms/1/messages?before=500&limit=100",
    "/rooms/1/messages?after=500&limit=100",
]
READS_EVERYTHING: dict[str, str] = {}


def rows(number: int) -> None:
    """Add ``number`` messages of ana and half as many public rooms; the first has most of them."""
    random = Random(45)
    ana = accounts.demo_user("ana")
    names = [f"Room {count}" for count in range((number + 1) // 2)]
    made = [{"name": name, "private": False, "owner_id": ana.id} for name in names]
    room_ids = list(db.session.scalars(insert(Room).returning(Room.id), made))
    moment = clock.now() - timedelta(seconds=number)
    messages = []
    for count in range(number):
        place = min(int(random.paretovariate(1)), len(room_ids))
        messages.append(
            {
                "room_id": room_ids[place - 1],
                "sender_id": ana.id,
                "client_id": f"made-up-{count}",
                "body": f"Message {count}",
                "sent_at": moment + timedelta(seconds=count),
            }
        )
    db.session.execute(insert(Message), messages)
    spoken = {message["room_id"] for message in messages}
    members = [{"room_id": room_id, "user_id": ana.id} for room_id in spoken]
    db.session.execute(insert(Member), members)
    newest = select(func.max(Message.id)).where(Message.room_id == Room.id).scalar_subquery()
    has_some = select(Message.id).where(Message.room_id == Room.id).exists()
    db.session.execute(update(Room).where(has_some).values(last_id=newest))
    db.session.commit()


if __name__ == "__main__":
    growth.main(rows)
