"""What stories cannot see: the schema's last word, transactions, and what is always true."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from common import clock
from waitlist import seats
from waitlist.models import Event, Notice, Signup, db

NOW = clock.now()
CAPACITY = 6
parties = st.tuples(st.just("come"), st.integers(1, 4))
steps = st.one_of(
    parties,
    parties,
    st.tuples(st.just("go"), st.integers(0, 20)),
    st.tuples(st.just("confirm"), st.integers(0, 20)),
    st.tuples(st.just("resize"), st.integers(1, 12)),
    st.tuples(st.just("wait"), st.integers(1, 30)),
)


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield


@pytest.fixture
def new_event(in_app):  # noqa: ARG001  # a fixture cannot ask for another one in any other way
    def make(capacity=CAPACITY):
        event = Event(title="x", starts_at=NOW + timedelta(days=9), capacity=capacity, taken=0)
        event.organiser_hash = f"{db.session.scalar(select(func.count(Event.id))):064}"
        db.session.add(event)
        db.session.commit()
        return event

    return make


def step(event, action, number, now):
    """Do one thing to an event; what the rules refuse changes nothing."""
    signups = db.session.scalars(select(Signup).where(Signup.event_id == event.id)).all()
    try:
        if action == "come":
            seats.sign_up(event.id, f"{len(signups)}-{now}@example.com".lower(), number, now)
        elif action == "resize":
            seats.resize(event.id, number, now)
        elif action in {"go", "confirm"} and signups:
            which = signups[number % len(signups)]
            (seats.cancel if action == "go" else seats.confirm)(which, now)
        db.session.commit()
    except seats.Refused:
        db.session.rollback()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(steps, max_size=12))
def test_whatever_happens_seats_are_counted_right_and_nobody_waits_in_vain(new_event, actions):
    event, now = new_event(), NOW
    for action, number in actions:
        now += timedelta(hours=number) if action == "wait" else timedelta(seconds=1)
        step(event, action, number, now)
    seats.pass_on(event.id, now)

    signups = db.session.scalars(select(Signup).where(Signup.event_id == event.id)).all()
    taken = sum(one.seats for one in signups if one.status in {"confirmed", "offered"})
    waiting = [one for one in signups if one.status == "waitlisted"]
    assert event.taken == taken <= event.capacity
    assert all(one.seats > event.free for one in waiting), "who fits must not wait"
    assert [seats.position(one) for one in waiting] == [*range(1, len(waiting) + 1)]


def test_schema_refuses_overbooked_event(new_event):
    event = new_event()

    with pytest.raises(IntegrityError):
        db.session.execute(update(Event).where(Event.id == event.id).values(taken=CAPACITY + 1))


def test_schema_refuses_second_sign_up_of_address(new_event):
    event = new_event()
    signup, _ = seats.sign_up(event.id, "ana@example.com", 1, NOW)
    again = {"event_id": event.id, "email": signup.email, "seats": 1, "created_at": NOW}

    db.session.add(Signup(**again, status="waitlisted"))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_offer_and_its_notice_stand_or_fall_together(new_event):
    event = new_event(capacity=1)
    ana, _ = seats.sign_up(event.id, "ana@example.com", 1, NOW)
    ben, _ = seats.sign_up(event.id, "ben@example.com", 1, NOW)
    db.session.commit()

    seats.cancel(ana, NOW)
    assert db.session.scalars(select(Notice.signup_id)).all() == [ben.id]
    db.session.rollback()

    assert db.session.scalars(select(Notice.signup_id)).all() == []
    assert ben.status == "waitlisted"


@pytest.fixture
def offer(new_event):
    """Make an event with one seat; return who is offered it, a party of one."""

    def make():
        event = new_event(capacity=1)
        first, _ = seats.sign_up(event.id, "ana@example.com", 1, NOW)
        second, _ = seats.sign_up(event.id, "ben@example.com", 1, NOW)
        seats.cancel(first, NOW)
        db.session.commit()
        return second

    return make


def test_event_that_moves_ends_its_offers_at_start(offer):
    moved, other = offer(), offer()

    seats.move(moved.event_id, NOW + timedelta(hours=2), NOW)
    db.session.commit()

    assert moved.confirm_by == NOW + timedelta(hours=2)
    assert other.confirm_by == NOW + seats.KEPT, "another event did not move"


def test_whoever_cancels_makes_place_for_lapsed_offers_of_others_too(offer):
    late = offer()
    event_id, after = late.event_id, NOW + seats.KEPT
    seats.resize(event_id, 2, NOW)
    here, _ = seats.sign_up(event_id, "chloe@example.com", 1, NOW)
    waiting, _ = seats.sign_up(event_id, "dev@example.com", 2, NOW)

    seats.cancel(here, after)

    assert (late.status, waiting.status) == ("expired", "offered")


@pytest.mark.usefixtures("in_app")
@pytest.mark.parametrize("change", [seats.sign_up, seats.resize])
def test_event_that_is_not_there_is_unknown(change):
    arguments = {seats.sign_up: ("ana@example.com", 1), seats.resize: (5,)}

    with pytest.raises(seats.Unknown):
        change(4711, *arguments[change], NOW)


def test_tokens_are_not_in_database(app, client):
    event = {"title": "Concert", "starts_at": "2099-01-01T00:00:00Z", "capacity": 1}
    made = client.post("/events", json=event).json
    signup = client.post(f"/events/{made['id']}/signups", json={"email": "ana@example.com"}).json

    with app.app_context():
        rows = [
            db.session.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608  # fixed names
            for table in ("event", "signup", "token")
        ]
    assert made["organiser_token"] not in str(rows)
    assert signup["token"] not in str(rows)


def test_lists_take_few_queries_whatever_their_length(client, max_queries):
    body = {"title": "Concert", "starts_at": "2099-01-01T00:00:00Z", "capacity": 1}
    event = client.post("/events", json=body).json
    for number in range(8):
        body = {"email": f"{number}@example.com"}
        client.post(f"/events/{event['id']}/signups", json=body)
    bearer = {"Authorization": f"Bearer {event['organiser_token']}"}

    with max_queries(2):
        client.get("/events")
    with max_queries(4):
        client.get(f"/events/{event['id']}/attendees?status=waitlisted", headers=bearer)
