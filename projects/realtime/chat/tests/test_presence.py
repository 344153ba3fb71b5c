"""Who is online, counted by connections."""

import pytest
from sqlalchemy import select

from chat import presence
from chat.models import Connection, User, db


@pytest.fixture
def ana(app, clock):
    """The id of ana."""
    clock.set("2026-03-01T12:00:00Z")
    with app.app_context():
        user = User(username="ana", password_hash="x")
        db.session.add(user)
        db.session.commit()
        yield user.id
        db.session.remove()


def sweep():
    """Let stale connections leave, as a beat does; return who is offline by that."""
    return [it.user_id for it in presence.stale() if presence.leave(it.user_id, it.id, it.seen_at)]


def online():
    found = db.session.scalars(select(User.username).where(presence.is_online())).all()
    db.session.commit()
    return found


def last_seen(user_id):
    return db.session.scalar(select(User.last_seen).filter_by(id=user_id)).isoformat()[11:19]


def test_first_connection_comes_online_and_last_one_goes(ana):
    changes = [
        presence.arrive(ana, "a"),
        presence.arrive(ana, "b"),
        presence.leave(ana, "a"),
        presence.leave(ana, "b"),
        presence.arrive(ana, "c"),
    ]

    assert changes == [True, False, False, True, True]


def test_being_seen_again_is_no_news(ana):
    assert [presence.arrive(ana, "a") for _ in range(3)] == [True, False, False]
    assert presence.count(ana) == 1


def test_connection_leaves_once(ana):
    presence.arrive(ana, "a")

    assert [presence.leave(ana, "a"), presence.leave(ana, "a")] == [True, False]
    assert presence.leave(ana, "never was") is False


def test_connection_that_leaves_twice_does_not_change_when_user_was_seen(ana, clock):
    presence.arrive(ana, "a")
    presence.leave(ana, "a")
    clock.advance(minutes=5)
    presence.leave(ana, "a")

    assert last_seen(ana) == "12:00:00"


def test_last_seen_is_last_sign_of_life(ana, clock):
    presence.arrive(ana, "a")
    clock.advance(seconds=20)
    presence.arrive(ana, "a")
    assert last_seen(ana) == "12:00:20"
    clock.advance(seconds=5)
    presence.leave(ana, "a")

    assert last_seen(ana) == "12:00:25"


def test_connection_of_killed_process_is_swept_away(ana, clock):
    presence.arrive(ana, "a")
    clock.advance(seconds=65)
    assert online() == ["ana"]
    assert sweep() == []

    clock.advance(seconds=1)

    assert online() == [], "before anybody has swept"
    assert sweep() == [ana]
    assert sweep() == []
    assert last_seen(ana) == "12:00:00"
    assert db.session.scalars(select(Connection)).all() == []


def test_user_with_another_connection_stays_online_after_sweep(ana, clock):
    presence.arrive(ana, "a")
    clock.advance(minutes=2)
    presence.arrive(ana, "b")

    assert sweep() == []
    assert online() == ["ana"]


def test_connection_that_was_swept_too_early_comes_back(ana, clock):
    presence.arrive(ana, "a")
    clock.advance(minutes=2)
    assert sweep() == [ana]

    assert presence.arrive(ana, "a") is True
