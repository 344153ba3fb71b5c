"""A mail is sent after the commit, by one of many senders, and again only if that makes sense."""

from threading import Thread

import pytest

from common.testing import wait_until

MAILED = pytest.mark.settings(SMTP_URL="smtp://{mailbox}")


@pytest.fixture
def offer(client, clock):
    """Make an event of one seat that Ben is offered; return the event."""
    clock.set("2026-03-01T12:00:00Z")
    body = {"title": "Concert", "starts_at": "2026-06-01T18:00:00Z", "capacity": 1}

    def make():
        event = client.post("/events", json=body).json
        tokens = [sign_up(client, event, name).json["token"] for name in ("ana", "ben")]
        client.delete(f"/signups/{tokens[0]}")
        return event

    return make


def sign_up(client, event, name):
    return client.post(f"/events/{event['id']}/signups", json={"email": f"{name}@example.com"})


@MAILED
def test_second_sender_leaves_mail_that_is_on_its_way_alone(mailbox, offer, work):
    offer()

    with mailbox.hold():
        first = Thread(target=work)
        first.start()
        wait_until(lambda: mailbox.attempts == 1, what="the first mail")
        work()
    first.join()

    assert len(mailbox.messages) == mailbox.attempts == 1


@MAILED
def test_senders_at_once_send_each_mail_once(mailbox, offer, work, at_once):
    for _ in range(4):
        offer()

    at_once(3, lambda _: work())

    assert len(mailbox.messages) == 4


@MAILED
def test_nobody_waits_while_mail_is_on_its_way(mailbox, offer, work, client):
    event = offer()

    with mailbox.hold():
        sender = Thread(target=work)
        sender.start()
        wait_until(lambda: mailbox.attempts == 1, what="the mail")
        response = sign_up(client, event, "cem")
    sender.join()

    assert response.status_code == 201


def test_who_cancels_and_who_sends_do_not_wait_for_each_other(client, clock, work, at_once):
    clock.set("2026-03-01T12:00:00Z")
    body = {"title": "Concert", "starts_at": "2026-06-01T18:00:00Z", "capacity": 10}
    event = client.post("/events", json=body).json
    tokens = [sign_up(client, event, f"guest-{n}").json["token"] for n in range(40)]

    def send_or_cancel(number):
        if number >= 20:
            return [work() for _ in range(8)]
        return [client.delete(f"/signups/{tokens[n]}").status_code for n in (number, 39 - number)]

    responses = at_once(23, send_or_cancel)

    assert responses[:20] == [[204, 204]] * 20
    assert client.get(f"/events/{event['id']}").json["free"] == 10


@MAILED
def test_mail_that_is_refused_for_good_is_not_tried_again(mailbox, offer, work, clock):
    offer()
    mailbox.refuse(permanently=True)

    work()
    clock.advance(hours=1)
    work()

    assert mailbox.attempts == 1


@MAILED
def test_mail_is_tried_again_after_five_minutes(mailbox, offer, work, clock):
    offer()
    mailbox.refuse()

    work()
    clock.advance(minutes=4, seconds=59)
    work()
    assert mailbox.attempts == 1
    clock.advance(seconds=1)
    work()

    assert mailbox.attempts == 2


@MAILED
def test_refused_mail_of_one_does_not_keep_back_those_of_others(mailbox, client, clock, work):
    clock.set("2026-03-01T12:00:00Z")
    body = {"title": "Concert", "starts_at": "2026-06-01T18:00:00Z", "capacity": 2}
    event = client.post("/events", json=body).json
    first = [sign_up(client, event, name).json["token"] for name in ("ana", "ben", "cem", "d")][:2]
    for token in first:
        client.delete(f"/signups/{token}")
    mailbox.refuse("cem@example.com")

    work()

    assert [mail.to for mail in mailbox.messages] == ["d@example.com"]


@MAILED
@pytest.mark.settings(PUBLIC_URL="https://seats.example/go/")
def test_link_in_mail_begins_with_public_url(mailbox, offer, work):
    offer()

    work()

    assert "https://seats.example/go/signups/" in mailbox.messages[0].text
    assert "until 2026-03-02 12:00 UTC" in mailbox.messages[0].text


def test_mail_is_printed_where_no_server_is_set(offer, work, capsys):
    offer()

    work()

    assert "To: ben@example.com\nSubject: Seats for you: Concert" in capsys.readouterr().out
