"""What stories cannot see: claims, leases, the schema's last word, the number of statements."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from common import clock as clocks
from common import mail
from event_reminders import due
from event_reminders.models import Reminder, db

DUE = "2026-03-02T10:30:00Z"


@pytest.fixture
def ana(as_user, clock):
    clock.set("2026-03-02T08:00:00Z")
    return as_user("ana")


@pytest.fixture
def event(ana, clock):
    """An event whose reminder is due now."""
    wish = {"title": "Tea", "starts_at": "2026-03-02T11:00:00", "reminders": [30]}
    made = ana.post("/events", json=wish).json
    clock.set(DUE)
    return made


def event_like(event):
    """Return what makes the same event once more."""
    return {name: event[name] for name in ("title", "starts_at", "reminders")}


@pytest.fixture
def claim(app, event):
    """Claim the event's reminder as a scheduler of its own would, and return it or None."""
    assert event["id"] == 1

    def take():
        with app.app_context():
            claimed = due.claim(1, clocks.now())
            db.session.commit()
            return claimed

    return take


@pytest.fixture
def settle(app):
    def write_down(reminder, error=None):
        with app.app_context():
            status = due.settle(reminder, clocks.now(), error)
            db.session.commit()
            return status

    return write_down


def test_claimed_reminder_is_being_sent_and_counted(claim):
    claimed = claim()

    assert (claimed.status, claimed.attempts) == ("sending", 1)
    assert claimed.try_at == clocks.now() + due.LEASE


def test_of_many_who_claim_at_once_one_gets_reminder(claim, at_once):
    assert len([it for it in at_once(8, lambda _: claim()) if it]) == 1


def test_claim_before_its_time_gets_nothing(claim, clock):
    clock.advance(seconds=-1)

    assert claim() is None


# The mailbox comes first: with its address the application starts anew.
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_reminder_of_dead_scheduler_goes_out_after_its_lease(mailbox, ana, claim, work, clock):
    ana.put("/me/email", json={"email": "ana@example.com"})
    assert claim(), "a scheduler takes it, and dies"

    clock.advance(minutes=4)
    work()
    assert mailbox.messages == []
    clock.advance(minutes=1)
    work()
    assert len(mailbox.messages) == 1


@pytest.mark.usefixtures("event")
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_repeated_mail_has_same_message_id(mailbox, ana, app, work):
    ana.put("/me/email", json={"email": "ana@example.com"})
    work()
    with app.app_context():  # as if the scheduler had died between the server's yes and its commit
        db.session.execute(update(Reminder).values(status="sending", try_at=clocks.now()))
        db.session.commit()
    work()

    first, second = (it.headers["Message-ID"] for it in mailbox.messages)
    assert first == second


def test_scheduler_that_was_too_slow_does_not_write_over_next_ones_claim(claim, settle, clock):
    slow = claim()
    clock.advance(minutes=5)
    quick = claim()

    assert settle(slow, mail.MailError("gone", permanent=True)) is None
    assert settle(quick) == "sent"


def test_reminder_whose_schedulers_always_die_fails_in_end(claim, ana, clock, work):
    for _ in range(5):
        assert claim()
        clock.advance(minutes=5)
    assert claim() is None
    work()

    [reminder] = ana.get("/reminders").json
    assert (reminder["status"], reminder["error"]) == (
        "failed",
        "The scheduler ended while sending.",
    )


def test_each_try_comes_later_than_one_before_and_fifth_is_last(claim, settle, clock):
    busy = mail.MailError("451 Try later", permanent=False)
    for minutes in (1, 5, 15, 60):
        assert settle(claim(), busy) == "pending"
        clock.advance(minutes=minutes, seconds=-1)
        assert claim() is None
        clock.advance(seconds=1)

    assert settle(claim(), busy) == "failed"


def test_last_try_that_is_under_way_is_not_given_up(claim, settle, clock, work):
    for _ in range(4):
        claim()
        clock.advance(minutes=5)
    last = claim()
    work()

    assert settle(last) == "sent"


def test_reminder_that_another_scheduler_was_quicker_to_claim_is_left_to_it(
    app, ana, claim, monkeypatch
):
    look = due._due

    def look_and_be_late(now):
        seen = look(now)
        claim()
        return seen

    monkeypatch.setattr(due, "_due", look_and_be_late)
    with app.app_context():
        assert due.send_due(clocks.now()) == {}

    assert [it["status"] for it in ana.get("/reminders").json] == ["sending"]


def test_tick_that_takes_long_claims_each_reminder_by_time_of_its_own(
    app, ana, event, clock, monkeypatch
):
    for _ in range(3):
        ana.post("/events", json=event_like(event))
    clock.set(DUE)
    sent = []

    def deliver_slowly(reminder, _event, _user):
        sent.append(reminder.id)
        clock.advance(minutes=3)
        with app.app_context():
            late = due.claim(reminder.id, clocks.now())
            db.session.rollback()
        assert late is None, "a claim holds five minutes from when it was made"

    monkeypatch.setattr(due, "_deliver", deliver_slowly)
    with app.app_context():
        assert due.send_due() == {"sent": 4}

    assert sorted(sent) == [1, 2, 3, 4]


@pytest.mark.usefixtures("event")
def test_what_was_missed_is_counted(clock, run):
    clock.advance(days=1, seconds=1)

    assert "Sent 0," in (output := run("send-due").output)
    assert "missed 1." in output


def test_event_deleted_while_its_reminder_is_under_way_stays_deleted(
    ana, event, claim, settle, work
):
    under_way = claim()
    ana.delete(f"/events/{event['id']}")

    assert settle(under_way) is None
    work()
    assert ana.get("/reminders").json == []


@pytest.mark.usefixtures("event")
def test_exception_that_nobody_expected_leaves_reminder_to_next_tick(
    ana, monkeypatch, work, clock, caplog
):
    monkeypatch.setattr(due, "_deliver", lambda *_: 1 / 0)
    work()
    monkeypatch.undo()
    clock.advance(minutes=5)
    work()

    assert "division by zero" in caplog.text
    assert [it["status"] for it in ana.get("/reminders").json] == ["sent"]


def test_lists_take_fixed_number_of_statements(grow, as_user, max_queries):
    grow(200)
    ana = as_user("ana", password="correct horse")

    for path in ("/events", "/reminders", "/reminders?status=pending"):
        with max_queries(3):
            assert len(ana.get(path).json) == 20


def test_seed_twice_adds_nothing(run):
    first, second = run("seed"), run("seed")

    assert "Added 4 rows" in first.output
    assert "there already" in second.output


def test_lease_is_longer_than_mail_can_take():
    steps = 8  # connect, greeting, TLS, login, sender, recipient, text, goodbye

    assert timedelta(seconds=steps * mail.TIMEOUT) < due.LEASE
