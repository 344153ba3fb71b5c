"""Which reminders an event has: what stories cannot see."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from common import clock as clocks
from common import mail
from event_reminders import due, schedule
from event_reminders.models import Event, Reminder, db


@pytest.fixture
def ana(as_user, clock):
    clock.set("2026-03-02T08:00:00Z")
    return as_user("ana")


@pytest.fixture
def make(ana):
    """Make an event at eleven with a reminder half an hour before: ``make(rrule="FREQ=DAILY")``."""

    def event(**wish):
        wish = {"title": "Tea", "starts_at": "2026-03-02T11:00:00", "reminders": [30], **wish}
        return ana.post("/events", json=wish).json

    return event


@pytest.fixture
def days(ana):
    """Return the days of the reminders in a state: ``days("pending")``."""
    return lambda status: [
        it["occurs_at"][:10] for it in ana.get(f"/reminders?status={status}").json
    ]


def test_event_moved_while_its_reminder_is_under_way_gets_new_one_alone(app, ana, make, clock):
    event = make()
    clock.set("2026-03-02T10:30:00Z")
    with app.app_context():
        under_way = due.claim(1, clocks.now())
        db.session.commit()

    ana.patch(f"/events/{event['id']}", json={"starts_at": "2026-03-02T18:00:00"})
    with app.app_context():
        due.settle(under_way, clocks.now(), mail.MailError("451 Try later", permanent=False))
        db.session.commit()

    statuses = {it["due_at"]: it["status"] for it in ana.get("/reminders").json}
    assert statuses == {"2026-03-02T10:30:00Z": "failed", "2026-03-02T17:30:00Z": "pending"}


def test_next_reminder_is_added_once_however_often_it_is_asked_for(app, make, days):
    make(rrule="FREQ=DAILY")
    with app.app_context():
        event = db.session.get(Event, 1)
        [first] = db.session.scalars(select(Reminder.occurs_at))
        for earliest in (clocks.now(), first, first):
            schedule.add_next(event, 30, earliest)
            db.session.commit()

    assert days("pending") == ["2026-03-02"]


@pytest.mark.parametrize(("starts_at", "there_is_one"), [("08:29", False), ("08:30", True)])
def test_reminder_whose_moment_has_passed_is_not_made(make, days, starts_at, there_is_one):
    make(starts_at=f"2026-03-02T{starts_at}:00")

    assert days("pending") == ["2026-03-02"] * there_is_one


def test_series_goes_on_behind_what_was_sent_ahead_of_its_time(ana, make, run, days):
    event = make(rrule="FREQ=DAILY")
    run("send-due", "--as-of", "2026-03-04T10:30:00Z")
    assert days("sent") == ["2026-03-03", "2026-03-04"]

    ana.patch(f"/events/{event['id']}", json={"reminders": [30, 45]})

    assert days("pending") == ["2026-03-02", "2026-03-05"]


def test_end_of_series_is_end_of_its_reminders(make, run, days):
    make(rrule="FREQ=DAILY;COUNT=2")
    run("send-due", "--as-of", "2026-03-03T10:30:00Z")

    assert (days("sent"), days("pending")) == (["2026-03-02", "2026-03-03"], [])


def test_schema_refuses_second_reminder_of_same_occurrence(app, make):
    make()
    with app.app_context():
        [there] = db.session.scalars(db.select(Reminder))
        db.session.add(schedule.new_reminder(db.session.get(Event, 1), 30, there.occurs_at))
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()
