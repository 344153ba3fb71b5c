"""What is stored, and in which order."""

from datetime import UTC, datetime
from itertools import pairwise, product

import pytest
from sqlalchemy import select

from chat import rooms
from chat.models import Member, Message, User, db


@pytest.fixture
def people(app):
    """The ids of ana and ben, and of a room with ana in it."""
    with app.app_context():
        yield make_people()
        db.session.remove()


def make_people():
    users = [User(username=name, password_hash="x") for name in ("ana", "ben")]
    db.session.add_all(users)
    db.session.commit()
    return users[0].id, users[1].id, make_room(users[0].id, "Kitchen").id


def make_room(owner_id, name):
    return rooms.create(name, owner_id)


def test_delivery_has_id_of_message_before_it(people):
    ana, _, room = people
    made = [rooms.deliver(ana, room, "a", f"{number}") for number in range(4)]

    assert made[0][1] == 0
    for (before, _), (after, previous) in pairwise(made):
        assert previous == before.id
        assert after.id > before.id


def test_room_knows_its_last_message(people):
    ana, _, room = people
    for number in range(3):
        last, _ = rooms.deliver(ana, room, "a", f"{number}")

    assert rooms.positions(ana) == {room: last.id}


def test_other_rooms_do_not_count_as_message_before(people):
    ana, _, room = people
    other = make_room(ana, "Cellar").id
    first, _ = rooms.deliver(ana, room, "a", "1")
    rooms.deliver(ana, other, "b", "1")

    assert rooms.deliver(ana, room, "c", "2")[1] == first.id


def test_repeat_is_message_that_was_stored(people):
    ana, _, room = people
    first, _ = rooms.deliver(ana, room, "first", "same")
    rooms.deliver(ana, room, "between", "other")
    again, previous = rooms.deliver(ana, room, "first", "same")

    assert again == first
    assert previous == first.id
    assert db.session.scalars(select(Message.body)).all() == ["first", "between"]


def test_client_id_of_another_message_is_refused(people):
    ana, _, room = people
    rooms.deliver(ana, room, "first", "same")

    with pytest.raises(rooms.Reused):
        rooms.deliver(ana, room, "second", "same")
    assert db.session.scalars(select(Message.body)).all() == ["first"]


def test_stranger_delivers_nothing(people):
    ana, ben, room = people
    with pytest.raises(rooms.NotAMember):
        rooms.deliver(ben, room, "a", "1")
    with pytest.raises(rooms.NotAMember):
        rooms.deliver(ana, room + 1000, "a", "1")

    assert db.session.scalars(select(Message)).all() == []


def test_missed_messages_are_those_after_id_and_before_another(people):
    ana, _, room = people
    ids = [rooms.deliver(ana, room, "a", f"{number}")[0].id for number in range(6)]
    for after, before, limit in product(range(ids[-1] + 1), [None, *ids, 99], [1, 3, 100]):
        expected = [it for it in ids if it > after and (before is None or it < before)][:limit]

        assert [it.id for it in rooms.missed(ana, room, after, before, limit)] == expected


def test_missed_messages_have_their_sender_and_time(people, clock):
    clock.set("2026-03-01T12:00:00Z")
    ana, _, room = people
    rooms.deliver(ana, room, "hello", "1")

    [row] = rooms.missed(ana, room, 0)

    assert (row.sender, row.body, row.room) == ("ana", "hello", room)
    assert row.sent_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_stranger_misses_nothing(people):
    ana, ben, room = people
    rooms.deliver(ana, room, "secret", "1")

    assert rooms.missed(ben, room, 0) == []
    assert rooms.missed(ben, room, None) == []


def test_resume_reads_by_index(people):
    _, _, room = people
    statement = rooms.messages(1, room).where(Message.id > 5).order_by(Message.id).limit(10)
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    if db.engine.dialect.name == "sqlite":
        plan = db.session.execute(db.text(f"EXPLAIN QUERY PLAN {compiled}")).all()
        steps = " ".join(row[3] for row in plan)
        assert "ix_message_room_id_id (room_id=? AND id>?)" in steps
        assert "TEMP B-TREE" not in steps, "the index gives the order"


def test_new_member_has_nothing_to_catch_up_with(people):
    ana, ben, room_id = people
    last = rooms.deliver(ana, room_id, "a", "1")[0].id
    room = rooms.lock(room_id)

    assert rooms.add(room, ben) is True
    member = db.session.get_one(Member, (room_id, ben))
    assert (member.delivered_id, member.read_id) == (last, last)
    assert rooms.add(room, ben) is False


def test_room_of_who_leaves_is_longest_members(people, clock):
    ana, ben, room_id = people
    chloe = User(username="chloe", password_hash="x")
    db.session.add(chloe)
    db.session.flush()
    room = rooms.lock(room_id)
    for moment, user_id in (("2096-03-01T12:00:00Z", chloe.id), ("2096-03-01T12:00:01Z", ben)):
        clock.set(moment)
        rooms.add(room, user_id)

    owners = [room.owner_id]
    for user_id in (ana, chloe.id, ben):
        assert rooms.remove(room, user_id) is True
        owners.append(room.owner_id)

    assert owners == [ana, chloe.id, ben, None]
    assert rooms.remove(room, ben) is False


def test_room_of_nobody_is_that_of_who_enters(people):
    ana, ben, room_id = people
    room = rooms.lock(room_id)
    rooms.remove(room, ana)

    rooms.add(room, ben)

    assert room.owner_id == ben


def test_who_is_not_owner_leaves_it_to_owner(people):
    ana, ben, room_id = people
    room = rooms.lock(room_id)
    rooms.add(room, ben)

    rooms.remove(room, ben)

    assert room.owner_id == ana
