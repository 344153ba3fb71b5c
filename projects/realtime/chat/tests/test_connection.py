"""What the writer of a connection makes of events, in whatever order they come."""

import json
from itertools import permutations
from types import SimpleNamespace

import pytest

from chat import rooms
from chat.connection import Connection
from chat.models import User, db
from common.live import events


@pytest.fixture
def told(app):
    """A connection of ben, a room with ana, and what the connection has sent."""
    with app.app_context():
        users = [User(username=name, password_hash="x") for name in ("ana", "ben")]
        db.session.add_all(users)
        db.session.commit()
        room = make_room(users[0].id, "Kitchen")
        rooms.add(room, users[1].id)
        db.session.commit()
        sent = []
        ws = SimpleNamespace(send=lambda text: sent.append(json.loads(text)))
        connection = Connection(ws, users[1].id, "ben", False)
        with connection.subscribe() as connection.feed:
            yield SimpleNamespace(
                connection=connection, sent=sent, room=room.id, ana=users[0].id, ben=users[1].id
            )
        db.session.remove()


def make_room(owner_id, name):
    return rooms.create(name, owner_id)


def deliver(told, client_id, room=None):
    """Store a message of ana, as her connection does."""
    delivery = rooms.deliver(told.ana, room or told.room, "a", client_id)
    db.session.commit()
    return delivery


def event_of(delivery, room):
    message, previous = delivery
    frame = {"type": "message", "room": room, "id": message.id, "body": message.body}
    return events.Event(f"room:{room}", {"frame": frame, "previous": previous})


def test_messages_told_in_any_order_are_sent_in_that_of_their_ids(told):
    for order in permutations(range(3)):
        told.sent.clear()
        made = [deliver(told, f"{order}{it}") for it in range(3)]
        for number in (*order, *order):
            told.connection.pass_on(event_of(made[number], told.room))

        assert [frame["id"] for frame in told.sent] == [message.id for message, _ in made], order


def test_message_that_was_never_told_comes_with_next_one(told):
    made = [deliver(told, f"{number}") for number in range(3)]

    told.connection.pass_on(event_of(made[2], told.room))

    assert [frame["id"] for frame in told.sent] == [message.id for message, _ in made]


def test_live_message_in_order_costs_no_query(told, max_queries):
    made = deliver(told, "1")

    with max_queries(0):
        told.connection.pass_on(event_of(made, told.room))

    assert [frame["id"] for frame in told.sent] == [made[0].id]


def test_repeat_heals_what_killed_process_did_not_tell(told):
    deliver(told, "1")
    again = deliver(told, "1")

    for _ in range(2):
        told.connection.pass_on(event_of(again, told.room))

    assert [frame["id"] for frame in told.sent] == [again[0].id]


def test_messages_between_joining_and_listening_are_not_lost(told):
    room = make_room(told.ana, "Cellar")
    rooms.add(room, told.ben)
    frame = {"type": "joined", "room": room.id, "username": "ben", "last_id": 0}
    made = deliver(told, "1", room.id)

    told.connection.pass_on(events.Event(f"user:{told.ben}", {"frame": frame}))
    told.connection.pass_on(event_of(made, room.id))

    assert [it["type"] for it in told.sent] == ["joined", "message"]


def test_room_that_was_left_is_silent(told):
    left = {"type": "left", "room": told.room, "username": "ben"}
    told.connection.pass_on(events.Event(f"user:{told.ben}", {"frame": left}))
    made = deliver(told, "1")
    told.connection.pass_on(event_of(made, told.room))

    assert [it["type"] for it in told.sent] == ["left"]


def test_room_entered_while_connection_begins_is_heard(told, monkeypatch):
    connection = Connection(told.connection.ws, told.ben, "ben", False)
    room, positions = make_room(told.ana, "Cellar"), rooms.positions

    def then_enter(user_id):
        found = positions(user_id)
        rooms.add(room, told.ben)
        db.session.commit()
        return found

    monkeypatch.setattr(rooms, "positions", then_enter)
    with connection.subscribe() as connection.feed:
        frame = {"type": "joined", "room": room.id, "username": "ben", "last_id": 0}
        connection.pass_on(events.Event(f"user:{told.ben}", {"frame": frame}))

        assert f"room:{room.id}" in connection.feed.channels


@pytest.mark.parametrize("kind", ["delivered", "read"])
def test_mark_that_is_no_news_is_told_to_nobody_and_leaves_no_transaction_open(told, kind):
    message, _ = deliver(told, "1")
    frame = json.dumps({"type": kind, "room": told.room, "id": message.id})
    with events.subscribe(f"room:{told.room}", heartbeat=0) as reader:
        told.connection.answer(frame)
        told.connection.answer(frame)

        heard = iter(reader)
        assert next(heard).data["frame"]["type"] == kind
        assert next(heard) is None
    assert not db.session().in_transaction()


def test_frame_that_is_refused_leaves_no_transaction_open(told):
    frame = {"type": "send", "room": told.room + 1, "body": "a", "client_id": "1"}

    told.connection.answer(json.dumps(frame))

    assert not db.session().in_transaction()
