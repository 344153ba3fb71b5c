"""Sessions in the table: what is stored, when a session is over, and that ends are final."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text

from session_cookies.models import Session, User, db
from session_cookies.sessions import Limits, Login, end_the_oldest, load, rotate, sweep

LIMITS = Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
NOON = "2026-03-01T12:00:00Z"


@pytest.fixture
def user(app, clock):
    """A user, and a clock that stands."""
    clock.set(NOON)
    with app.app_context():
        user = User(username="ana", email="ana@x.example", password_hash="")
        db.session.add(user)
        db.session.commit()
        yield user


@pytest.fixture
def login(user):
    """The login of that user."""
    return Login(user.id, "Firefox on Linux", "192.0.2.1")


def test_row_has_hash_of_id_alone(login):
    session_id = rotate(None, login)

    stored = db.session.execute(select(Session.__table__)).one()
    assert stored.key_hash == hashlib.sha256(session_id.encode()).hexdigest()
    assert session_id not in map(str, stored)


def test_hash_from_table_opens_nothing(login):
    rotate(None, login)
    stolen = db.session.scalar(select(Session.key_hash))

    assert load(stolen, "192.0.2.9", LIMITS) is None


def test_ids_are_long_and_never_same(login):
    ids = {rotate(None, login) for _ in range(20)}

    assert len(ids) == 20
    assert {len(session_id) for session_id in ids} == {32}


def test_logout_gives_id_without_row(login):
    old = rotate(None, login)

    new = rotate(old, None)

    assert db.session.scalar(select(Session)) is None
    assert new != old
    assert load(new, "192.0.2.1", LIMITS) is None


def test_rotate_ends_one_session_and_no_other(login):
    kept, old = rotate(None, login), rotate(None, login)

    rotate(old, None)

    assert load(kept, "192.0.2.1", LIMITS) is not None
    assert load(old, "192.0.2.1", LIMITS) is None


def test_load_notes_when_and_where(login, clock):
    session_id = rotate(None, login)
    clock.advance(minutes=5)

    session = load(session_id, "192.0.2.9", LIMITS)

    assert session.address == "192.0.2.9"
    assert session.last_seen_at - session.created_at == timedelta(minutes=5)
    assert session.user.username == "ana"


@pytest.mark.parametrize(
    ("idle", "absolute", "lives"),
    [(601, 601, True), (600, 9999, False), (9999, 600, False), (600, 600, False)],
)
def test_session_is_over_at_its_limit(login, clock, idle, absolute, lives):
    session_id = rotate(None, login)
    clock.advance(seconds=600)

    limits = Limits(timedelta(seconds=idle), timedelta(seconds=absolute))

    assert (load(session_id, "192.0.2.1", limits) is not None) == lives


def test_load_leaves_what_is_over_as_it_was(login, clock):
    session_id = rotate(None, login)
    clock.advance(minutes=31)

    load(session_id, "192.0.2.9", LIMITS)

    stored = db.session.scalar(select(Session))
    assert stored.last_seen_at == stored.created_at
    assert stored.address == "192.0.2.1"


def test_load_is_one_statement(login, max_queries):
    session_id = rotate(None, login)
    db.session.commit()

    with max_queries(1):
        assert load(session_id, "192.0.2.1", LIMITS) is not None


def test_sweep_deletes_by_either_limit(login, clock):
    rotate(None, login)
    clock.advance(minutes=29)
    kept = rotate(None, login)
    clock.advance(minutes=1)

    assert sweep(LIMITS) == 1
    assert len(db.session.scalars(select(Session)).all()) == 1
    assert load(kept, "192.0.2.1", LIMITS) is not None
    clock.advance(minutes=1)
    assert sweep(Limits(timedelta(hours=1), timedelta(minutes=2))) == 1
    assert sweep(LIMITS) == 0


def test_user_has_at_most_fifty_sessions(login, clock):
    ids = []
    for _ in range(52):
        ids.append(rotate(None, login))
        clock.advance(seconds=1)

    end_the_oldest(login.user_id)

    alive = [load(session_id, "192.0.2.1", LIMITS) is not None for session_id in ids]
    assert alive == [False] * 2 + [True] * 50


def test_sessions_go_with_their_user(login):
    session_id = rotate(None, login)

    db.session.execute(text("DELETE FROM \"user\" WHERE username = 'ana'"))
    db.session.commit()

    assert load(session_id, "192.0.2.1", LIMITS) is None


def test_everything_that_is_looked_for_has_index(app):
    with app.app_context():
        indexes = inspect(db.engine).get_indexes("session")
        unique = inspect(db.engine).get_unique_constraints("session")

    found = {tuple(index["column_names"]) for index in [*indexes, *unique]}
    assert found >= {("key_hash",), ("user_id",), ("last_seen_at",), ("created_at",)}
