"""What the service promises to organisers and to those who sign up, over HTTP and mail alone."""

import re

import pytest

START = "2026-06-01T18:00:00Z"
NOW = "2026-03-01T12:00:00Z"
TOKEN = re.compile(r"/signups/([A-Za-z0-9_-]+)/confirm")


@pytest.fixture(autouse=True)
def _now(clock):
    clock.set(NOW)


@pytest.fixture
def announce(client):
    """Announce an event and return it: ``announce(capacity=2)``."""

    def make(capacity=2, **wish):
        body = {"title": "Concert", "starts_at": START, "capacity": capacity, **wish}
        response = client.post("/events", json=body)
        assert response.status_code == 201, "POST /events should answer 201 Created"
        return response.json

    return make


@pytest.fixture
def sign_up(client):
    """Sign up for an event and return the sign-up: ``sign_up(event, "ana", seats=2)``."""

    def make(event, name, **wish):
        body = {"email": f"{name}@example.com", **wish}
        response = client.post(f"/events/{event['id']}/signups", json=body)
        assert response.status_code == 201, f"a sign-up of {name} should answer 201 Created"
        return response.json

    return make


@pytest.fixture
def state(client):
    """Return status and position of a sign-up: ``state(ana) == ("waitlisted", 1)``."""

    def look(signup):
        shown = client.get(f"/signups/{signup['token']}").json
        return shown["status"], shown.get("position")

    return look


@pytest.fixture
def cancel(client):
    """Give a sign-up up."""

    def delete(signup):
        response = client.delete(f"/signups/{signup['token']}")
        assert response.status_code == 204, "DELETE /signups/{token} should answer 204"

    return delete


@pytest.fixture
def confirm(client):
    """Confirm an offer; return the response."""
    return lambda signup: client.post(f"/signups/{signup['token']}/confirm")


@pytest.fixture
def change(client):
    """Change an event as its organiser; return the response."""
    return lambda event, **changes: client.patch(
        f"/events/{event['id']}", json=changes, headers=organiser(event)
    )


@pytest.fixture
def attendees(client):
    """Return the list for the organiser, whole: ``attendees(event, status="waitlisted")``."""

    def whole(event, **query):
        found, page = [], 1
        while page == 1 or len(found) == 100 * (page - 1):
            response = client.get(
                f"/events/{event['id']}/attendees",
                query_string={**query, "per_page": 100, "page": page},
                headers=organiser(event),
            )
            assert response.status_code == 200, "the organiser's token opens the list"
            found += response.json
            page += 1
        return found

    return whole


def organiser(event):
    return {"Authorization": f"Bearer {event['organiser_token']}"}


# events


@pytest.mark.story("events")
def test_new_event_is_described_and_has_location(client):
    body = {"title": "Concert", "starts_at": START, "capacity": 2}

    response = client.post("/events", json=body)

    assert response.status_code == 201
    event = response.json
    assert len(event.pop("organiser_token")) >= 20, "a token must be too long to be guessed"
    assert {name: event[name] for name in body} == body
    assert event["free"] == 2
    assert client.get(response.location).json == event, "the token is shown once"


@pytest.mark.story("events")
@pytest.mark.parametrize(
    "change",
    [
        {"title": "two\nlines"},
        {"capacity": 0},
        {"starts_at": "2026-03-01T12:00:00Z"},
        {"taken": 0},
    ],
    ids=str,
)
def test_malformed_event_is_refused(client, change):
    body = {"title": "Concert", "starts_at": START, "capacity": 2} | change

    response = client.post("/events", json=body)

    assert response.status_code == 422, f"{change} should be refused as unprocessable"


@pytest.mark.story("events")
def test_events_are_listed_earliest_first(client, announce):
    announce(title="later", starts_at="2026-07-01T18:00:00Z")
    announce(title="sooner", starts_at="2026-05-01T18:00:00Z")

    response = client.get("/events?per_page=1")

    assert [event["title"] for event in response.json] == ["sooner"]
    assert response.headers["X-Total-Count"] == "2"
    assert "organiser_token" not in response.json[0]


# sign-up


@pytest.mark.story("sign-up")
def test_sign_up_while_seats_are_free_is_confirmed(client, announce):
    event = announce()

    response = client.post(f"/events/{event['id']}/signups", json={"email": "ana@example.com"})

    assert response.status_code == 201
    signup = response.json
    assert len(signup.pop("token")) >= 20, "a token must be too long to be guessed"
    assert signup["status"] == "confirmed"
    assert signup["seats"] == 1
    assert signup.get("position") is None
    assert client.get(response.location).json == signup, "the token is shown once"


@pytest.mark.story("sign-up")
def test_sign_up_for_full_event_waits_in_order(announce, sign_up):
    event = announce(capacity=1)
    sign_up(event, "ana")

    waiting = [sign_up(event, name) for name in ("ben", "cem", "dora")]

    assert [one["status"] for one in waiting] == ["waitlisted"] * 3
    assert [one["position"] for one in waiting] == [1, 2, 3]


@pytest.mark.story("sign-up")
def test_party_takes_as_many_seats_as_it_has(client, announce, sign_up):
    event = announce(capacity=5)

    sign_up(event, "ana", seats=3)

    assert client.get(f"/events/{event['id']}").json["free"] == 2


@pytest.mark.story("sign-up")
def test_party_that_does_not_fit_whole_waits_whole(client, announce, sign_up):
    event = announce(capacity=3)
    sign_up(event, "ana", seats=2)

    party = sign_up(event, "ben", seats=2)

    assert (party["status"], party["position"]) == ("waitlisted", 1)
    assert client.get(f"/events/{event['id']}").json["free"] == 1


@pytest.mark.story("sign-up")
def test_who_fits_where_those_who_wait_do_not_has_seat(announce, sign_up, state):
    event = announce(capacity=3)
    sign_up(event, "ana", seats=2)
    party = sign_up(event, "ben", seats=2)

    assert sign_up(event, "cem")["status"] == "confirmed"
    assert state(party) == ("waitlisted", 1)


@pytest.mark.story("sign-up")
def test_events_do_not_share_seats_or_lists(announce, sign_up):
    event, other = announce(capacity=1), announce(capacity=1)
    for name in ("ana", "ben"):
        sign_up(event, name)

    assert sign_up(other, "ana")["status"] == "confirmed"
    assert sign_up(other, "ben")["position"] == 1


@pytest.mark.story("sign-up")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ana"},
        {"email": "änna@example.com"},
        {"email": "ana@example.com, ben@example.com"},
        {"email": "ana@example.com", "seats": 0},
        {"email": "ana@example.com", "status": "confirmed"},
    ],
    ids=str,
)
def test_malformed_sign_up_is_refused(client, announce, body):
    response = client.post(f"/events/{announce()['id']}/signups", json=body)

    assert response.status_code == 422, f"{body} should be refused as unprocessable"


@pytest.mark.story("sign-up")
def test_host_in_any_script_is_taken_as_mail_servers_know_it(client, announce):
    event = announce()

    response = client.post(f"/events/{event['id']}/signups", json={"email": "info@bücher.example"})

    assert response.status_code == 201, "bücher.example is a host like any other"
    assert response.json["email"] == "info@xn--bcher-kva.example"


@pytest.mark.story("sign-up")
def test_sign_up_for_no_event_is_not_found(client):
    response = client.post("/events/4711/signups", json={"email": "ana@example.com"})

    assert response.status_code == 404


@pytest.mark.story("sign-up")
def test_unknown_token_is_not_found(client):
    assert client.get("/signups/no-such-token").status_code == 404
    assert client.delete("/signups/no-such-token").status_code == 404
    assert client.post("/signups/no-such-token/confirm").status_code == 404


# rush


@pytest.mark.story("rush")
def test_thirty_at_once_for_ten_seats(announce, sign_up, at_once, attendees, client):
    event = announce(capacity=10)

    signups = at_once(30, lambda number: sign_up(event, f"guest-{number}"))

    statuses = [one["status"] for one in signups]
    assert statuses.count("confirmed") == 10, "ten seats are for ten, whoever comes at once"
    positions = sorted(one["position"] for one in signups if one["status"] == "waitlisted")
    assert positions == [*range(1, 21)], "positions have no gaps"
    assert len(attendees(event)) == 10
    assert client.get(f"/events/{event['id']}").json["free"] == 0


@pytest.mark.story("rush")
def test_one_address_many_times_at_once_is_one_sign_up(client, announce, at_once, attendees):
    event, body = announce(capacity=5), {"email": "ana@example.com"}

    statuses = at_once(
        10, lambda _: client.post(f"/events/{event['id']}/signups", json=body).status_code
    )

    assert statuses.count(201) == 1, "one of them is new"
    assert len(attendees(event)) == 1


@pytest.mark.story("rush")
def test_cancellations_at_once_promote_as_many(announce, sign_up, at_once, cancel, attendees):
    event = announce(capacity=8)
    signups = [sign_up(event, f"guest-{number}") for number in range(20)]

    at_once(8, lambda number: cancel(signups[number]))

    assert [one["status"] for one in attendees(event)] == ["offered"] * 8
    waiting = attendees(event, status="waitlisted")
    assert [one["position"] for one in waiting] == [1, 2, 3, 4]


@pytest.mark.story("rush")
def test_sign_ups_and_cancellations_at_once_lose_no_seat(
    announce, sign_up, at_once, cancel, attendees, client
):
    event = announce(capacity=6)
    first = [sign_up(event, f"first-{number}") for number in range(6)]

    def come_or_go(number):
        return cancel(first[number // 2]) if number % 2 else sign_up(event, f"late-{number}")

    at_once(12, come_or_go)

    assert len(attendees(event)) == 6, "six left and six came: each of them has a seat"
    assert client.get(f"/events/{event['id']}").json["free"] == 0


@pytest.mark.story("rush")
def test_one_cancellation_sent_twice_at_once_frees_its_seats_once(
    client, announce, sign_up, at_once
):
    event = announce(capacity=4)
    sign_up(event, "ana", seats=2)
    ben = sign_up(event, "ben", seats=2)

    statuses = at_once(4, lambda _: client.delete(f"/signups/{ben['token']}").status_code)

    assert sorted(statuses) == [204, 404, 404, 404]
    assert client.get(f"/events/{event['id']}").json["free"] == 2


# same


@pytest.mark.story("same")
@pytest.mark.parametrize("email", ["ana@example.com", "Ana@Example.COM"])
def test_same_address_is_same_sign_up(client, announce, sign_up, attendees, email):
    event = announce(capacity=5)
    sign_up(event, "ana")

    again = client.post(f"/events/{event['id']}/signups", json={"email": email})

    assert again.status_code == 200, "it is there already: 200, not 201"
    assert again.json["status"] == "confirmed"
    assert len(attendees(event)) == 1


@pytest.mark.story("same")
def test_who_waits_keeps_place_when_signing_up_again(client, announce, sign_up):
    event = announce(capacity=1)
    for name in ("ana", "ben", "cem"):
        sign_up(event, name)

    again = client.post(f"/events/{event['id']}/signups", json={"email": "BEN@example.com"})

    assert (again.json["status"], again.json["position"]) == ("waitlisted", 1)


@pytest.mark.story("same")
def test_repetition_changes_no_seats(client, announce, sign_up):
    event = announce(capacity=5)
    sign_up(event, "ana", seats=2)

    body = {"email": "ana@example.com", "seats": 3}
    again = client.post(f"/events/{event['id']}/signups", json=body)

    assert again.json["seats"] == 2
    assert client.get(f"/events/{event['id']}").json["free"] == 3


@pytest.mark.story("same")
def test_stranger_who_repeats_address_learns_no_token(client, announce, sign_up):
    event = announce()
    ana = sign_up(event, "ana")

    again = client.post(f"/events/{event['id']}/signups", json={"email": "ana@example.com"})

    assert again.json.get("token") is None, "or anybody could cancel for Ana"
    assert ana["token"] not in again.text + str(again.headers)


@pytest.mark.story("same")
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_address_that_is_repeated_gets_one_mail_with_link(client, announce, sign_up, work, mailbox):
    event = announce()
    sign_up(event, "ana")
    for _ in range(3):
        client.post(f"/events/{event['id']}/signups", json={"email": "ana@example.com"})
        work()

    assert [mail.to for mail in mailbox.messages] == ["ana@example.com"]
    token = re.search(r"/signups/([A-Za-z0-9_-]+)", mailbox.messages[0].text)[1]
    assert client.get(f"/signups/{token}").json["email"] == "ana@example.com"


@pytest.mark.story("same")
def test_who_cancelled_may_sign_up_again_at_end(announce, sign_up, cancel):
    event = announce(capacity=1)
    sign_up(event, "ana")
    ben = sign_up(event, "ben")
    sign_up(event, "cem")
    cancel(ben)

    assert sign_up(event, "ben")["position"] == 2


# promotion


@pytest.mark.story("promotion")
def test_cancelled_seat_is_offered_to_first_in_line(announce, sign_up, cancel, state):
    event = announce(capacity=1)
    ana, ben, cem = (sign_up(event, name) for name in ("ana", "ben", "cem"))

    cancel(ana)

    assert state(ben) == ("offered", None)
    assert state(cem) == ("waitlisted", 1), "and the others move up"


@pytest.mark.story("promotion")
def test_who_leaves_list_closes_gap(announce, sign_up, cancel, state):
    event = announce(capacity=1)
    _, ben, cem, dora = (sign_up(event, name) for name in ("ana", "ben", "cem", "dora"))

    cancel(cem)

    assert (state(ben), state(dora)) == (("waitlisted", 1), ("waitlisted", 2))


@pytest.mark.story("promotion")
def test_cancelled_sign_up_is_gone(client, announce, sign_up, cancel):
    event = announce()
    ana = sign_up(event, "ana")
    cancel(ana)

    assert client.get(f"/signups/{ana['token']}").status_code == 404
    assert client.delete(f"/signups/{ana['token']}").status_code == 404
    assert client.get(f"/events/{event['id']}").json["free"] == 2


@pytest.mark.story("promotion")
def test_party_too_large_is_skipped_and_keeps_its_place(announce, sign_up, cancel, state):
    event = announce(capacity=3)
    ana = sign_up(event, "ana")
    sign_up(event, "ben", seats=2)
    party, cem, dora = sign_up(event, "party", seats=3), sign_up(event, "cem"), sign_up(event, "d")

    cancel(ana)

    assert state(party) == ("waitlisted", 1)
    assert state(cem) == ("offered", None)
    assert state(dora) == ("waitlisted", 2)


@pytest.mark.story("promotion")
def test_skipped_party_is_first_when_enough_is_free(announce, sign_up, cancel, state):
    event = announce(capacity=2)
    ana, ben = sign_up(event, "ana"), sign_up(event, "ben")
    party, cem = sign_up(event, "party", seats=2), sign_up(event, "cem")
    cancel(ana)
    dora = sign_up(event, "dora")
    cancel(cem)  # who was offered Ana's seat: Dora is now
    cancel(dora)

    cancel(ben)

    assert state(party) == ("offered", None), "nobody who came later is before them"


@pytest.mark.story("promotion")
def test_seats_of_party_go_to_as_many_as_fit(announce, sign_up, cancel, state):
    event = announce(capacity=4)
    big = sign_up(event, "big", seats=4)
    names = {"ana": 2, "ben": 3, "cem": 1, "dora": 1, "eli": 1}
    waiting = {name: sign_up(event, name, seats=seats) for name, seats in names.items()}

    cancel(big)

    offered = [name for name, one in waiting.items() if state(one)[0] == "offered"]
    assert offered == ["ana", "cem", "dora"], "2 + 1 + 1 seats; a party of 3 does not fit into 2"
    assert [state(waiting[name])[1] for name in ("ben", "eli")] == [1, 2]


@pytest.mark.story("promotion")
def test_offered_seat_is_not_given_to_somebody_else(announce, sign_up, cancel):
    event = announce(capacity=1)
    ana = sign_up(event, "ana")
    sign_up(event, "ben")
    cancel(ana)

    cem = sign_up(event, "cem")

    assert (cem["status"], cem["position"]) == ("waitlisted", 1)


@pytest.mark.story("promotion")
def test_offer_that_is_given_up_passes_on(announce, sign_up, cancel, state):
    event = announce(capacity=1)
    ana, ben, cem = (sign_up(event, name) for name in ("ana", "ben", "cem"))
    cancel(ana)

    cancel(ben)

    assert state(cem) == ("offered", None)


@pytest.mark.story("promotion")
def test_cancellation_promotes_for_its_own_event_alone(announce, sign_up, cancel, state):
    event, other = announce(capacity=1), announce(capacity=1)
    ana = sign_up(event, "ana")
    sign_up(other, "ben")
    waits_elsewhere = sign_up(other, "cem")

    cancel(ana)

    assert state(waits_elsewhere) == ("waitlisted", 1)


# offer


@pytest.fixture
def offer(announce, sign_up, cancel):
    """An event of one seat that Ben is offered and Cem waits for: ``event, ben, cem``."""

    def make(**wish):
        event = announce(capacity=1, **wish)
        ana, ben, cem = (sign_up(event, name) for name in ("ana", "ben", "cem"))
        cancel(ana)
        return event, ben, cem

    return make


@pytest.mark.story("offer")
def test_confirmed_offer_is_seat(confirm, offer, state, clock, work):
    _, ben, cem = offer()

    response = confirm(ben)
    clock.advance(days=2)
    work()

    assert response.status_code == 200
    assert response.json["status"] == "confirmed"
    assert state(ben) == ("confirmed", None)
    assert state(cem) == ("waitlisted", 1)


@pytest.mark.story("offer")
def test_offer_says_until_when_it_is_kept(client, offer):
    _, ben, _ = offer()

    assert client.get(f"/signups/{ben['token']}").json["confirm_by"] == "2026-03-02T12:00:00Z"


@pytest.mark.story("offer")
def test_offer_is_kept_for_24_hours(offer, confirm, clock, work):
    _, ben, _ = offer()
    clock.advance(hours=23, minutes=59, seconds=59)
    work()

    assert confirm(ben).json["status"] == "confirmed"


@pytest.mark.story("offer")
def test_offer_that_is_not_confirmed_passes_on(offer, confirm, state, clock, work):
    _, ben, cem = offer()
    clock.advance(hours=24)
    work()

    assert state(ben)[0] == "expired"
    assert state(cem) == ("offered", None)
    assert confirm(ben).status_code == 409, "it is somebody else's now"


@pytest.mark.story("offer")
def test_offer_has_ended_at_its_time_though_nothing_has_noted_it(offer, confirm, state, clock):
    _, ben, _ = offer()
    clock.advance(hours=24)

    assert state(ben)[0] == "expired"
    assert confirm(ben).status_code == 409


@pytest.mark.story("offer")
def test_lapsed_offer_passes_on_to_who_waits_and_not_to_who_comes(offer, sign_up, state, clock):
    event, _, cem = offer()
    clock.advance(hours=24)

    dora = sign_up(event, "dora")

    assert state(cem) == ("offered", None)
    assert (dora["status"], dora["position"]) == ("waitlisted", 1)


@pytest.mark.story("offer")
def test_confirmation_passes_on_what_others_let_lapse(
    announce, sign_up, cancel, confirm, state, clock
):
    event = announce(capacity=2)
    ana, ben, _, dora, eli = (sign_up(event, name) for name in ("ana", "ben", "cem", "dora", "eli"))
    cancel(ana)  # Cem is next
    clock.advance(hours=1)
    cancel(ben)  # Dora is next
    clock.advance(hours=23)  # Cem's time is over

    confirm(dora)

    assert state(eli) == ("offered", None)


@pytest.mark.story("offer")
def test_whose_offer_expired_may_sign_up_again(offer, sign_up, clock):
    event, ben, _ = offer()
    clock.advance(hours=24)

    again = sign_up(event, "ben")

    assert (again["status"], again["position"]) == ("waitlisted", 1)
    assert again["token"] != ben["token"]


@pytest.mark.story("offer")
def test_offer_ends_when_event_starts(client, offer, confirm, clock):
    _, ben, _ = offer(starts_at="2026-03-01T20:00:00Z")
    shown = client.get(f"/signups/{ben['token']}").json
    clock.set("2026-03-01T20:00:00Z")

    assert shown["confirm_by"] == "2026-03-01T20:00:00Z"
    assert confirm(ben).status_code == 409


@pytest.mark.story("offer")
def test_confirming_twice_is_confirming_once(client, offer, confirm):
    event, ben, _ = offer()

    assert [confirm(ben).status_code for _ in range(2)] == [200, 200]
    assert client.get(f"/events/{event['id']}").json["free"] == 0


@pytest.mark.story("offer")
def test_who_waits_has_nothing_to_confirm(offer, confirm):
    _, _, cem = offer()

    assert confirm(cem).status_code == 409


# notice


@pytest.mark.story("notice")
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_who_is_offered_seats_gets_one_mail(offer, work, mailbox):
    offer(title="Jazz in the café")

    for _ in range(3):
        work()

    assert [mail.to for mail in mailbox.messages] == ["ben@example.com"]
    assert "Jazz in the café" in mailbox.messages[0].subject + mailbox.messages[0].text


@pytest.mark.story("notice")
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_mail_has_link_that_confirms(client, offer, work, mailbox, state):
    _, ben, _ = offer()
    work()

    found = TOKEN.search(mailbox.messages[0].text)

    assert found, "the mail should show …/signups/TOKEN/confirm"
    assert client.post(found[0]).status_code == 200
    assert state(ben) == ("confirmed", None), "and the token of the sign-up goes on working"


@pytest.mark.story("notice")
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_nobody_else_gets_mail(announce, sign_up, cancel, work, mailbox):
    event = announce(capacity=1)
    sign_up(event, "ana")
    cancel(sign_up(event, "ben"))

    work()

    assert mailbox.messages == []


@pytest.mark.story("notice")
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_mail_follows_when_server_is_back(offer, work, mailbox, clock):
    offer()
    mailbox.refuse()
    work()
    mailbox.accept()

    clock.advance(hours=1)
    work()
    work()

    assert [mail.to for mail in mailbox.messages] == ["ben@example.com"]


@pytest.mark.story("notice")
@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_no_mail_offers_what_has_passed_on(offer, work, mailbox, clock):
    offer()
    clock.advance(hours=25)

    work()

    assert [mail.to for mail in mailbox.messages] == ["cem@example.com"]


# capacity


@pytest.mark.story("capacity")
def test_more_seats_are_offered_to_who_waits(announce, sign_up, change, state):
    event = announce(capacity=1)
    _, ben, cem, dora = (sign_up(event, name) for name in ("ana", "ben", "cem", "dora"))

    response = change(event, capacity=3)

    assert response.status_code == 200
    assert (response.json["capacity"], response.json["free"]) == (3, 0)
    assert [state(one) for one in (ben, cem)] == [("offered", None)] * 2
    assert state(dora) == ("waitlisted", 1)


@pytest.mark.story("capacity")
def test_more_seats_than_wanted_stay_free(announce, sign_up, change):
    event = announce(capacity=1)
    sign_up(event, "ana")
    sign_up(event, "ben")

    assert change(event, capacity=10).json["free"] == 8


@pytest.mark.story("capacity")
def test_more_seats_skip_party_that_is_still_too_large(announce, sign_up, change, state):
    event = announce(capacity=1)
    sign_up(event, "ana")
    party, cem = sign_up(event, "party", seats=3), sign_up(event, "cem")

    change(event, capacity=3)

    assert (state(party), state(cem)) == (("waitlisted", 1), ("offered", None))


@pytest.mark.story("capacity")
@pytest.mark.parametrize("capacity", [2, 1])
def test_capacity_does_not_go_below_what_is_given_away(
    client, announce, sign_up, change, cancel, capacity
):
    event = announce(capacity=3)
    ana = sign_up(event, "ana")
    sign_up(event, "ben", seats=2)
    sign_up(event, "cem")
    cancel(ana)  # 2 seats are confirmed, 1 is offered

    response = change(event, capacity=capacity, title="Smaller")

    assert response.status_code == 409
    shown = client.get(f"/events/{event['id']}").json
    assert (shown["capacity"], shown["title"]) == (3, "Concert"), "nothing has changed"


@pytest.mark.story("capacity")
def test_capacity_goes_down_to_what_is_given_away(announce, sign_up, change):
    event = announce(capacity=5)
    sign_up(event, "ana", seats=2)

    response = change(event, capacity=2)

    assert response.status_code == 200
    assert response.json["free"] == 0


@pytest.mark.story("capacity")
def test_lapsed_offer_is_not_in_way_of_fewer_seats(announce, sign_up, cancel, change, clock, state):
    event = announce(capacity=2)
    ana = sign_up(event, "ana")
    sign_up(event, "ben")
    sign_up(event, "cem")
    dora = sign_up(event, "dora")
    cancel(ana)
    clock.advance(hours=24)  # Cem's offer

    assert change(event, capacity=1).status_code == 200
    assert state(dora) == ("waitlisted", 1)


@pytest.mark.story("capacity")
@pytest.mark.parametrize("capacity", [0, None])
def test_impossible_capacity_is_refused(announce, change, capacity):
    assert change(announce(), capacity=capacity).status_code == 422


# started


@pytest.mark.story("started")
def test_started_event_takes_no_sign_ups(client, announce, clock):
    event = announce()
    clock.set(START)

    response = client.post(f"/events/{event['id']}/signups", json={"email": "ana@example.com"})

    assert response.status_code == 409


@pytest.mark.story("started")
def test_event_takes_sign_ups_until_it_starts(announce, sign_up, clock):
    event = announce()
    clock.set("2026-06-01T17:59:59Z")

    assert sign_up(event, "ana")["status"] == "confirmed"


@pytest.mark.story("started")
def test_started_event_offers_nothing(announce, sign_up, cancel, change, clock, state):
    event = announce(capacity=1)
    ana, ben = sign_up(event, "ana"), sign_up(event, "ben")
    clock.set(START)

    cancel(ana)
    change(event, capacity=5)

    assert state(ben) == ("waitlisted", 1)


@pytest.mark.story("started")
def test_event_that_is_put_off_offers_what_has_become_free(
    announce, sign_up, cancel, change, clock, state
):
    event = announce(capacity=1)
    ana, ben = sign_up(event, "ana"), sign_up(event, "ben")
    clock.set(START)
    cancel(ana)

    change(event, starts_at="2026-06-08T18:00:00Z")

    assert state(ben) == ("offered", None)


# organiser


@pytest.mark.story("organiser")
def test_organiser_sees_who_comes_and_who_waits(announce, sign_up, cancel, attendees):
    event = announce(capacity=2)
    ana, *_ = (sign_up(event, name) for name in ("ana", "ben", "cem", "dora"))
    cancel(ana)

    def listed(**query):
        return [(one["email"][:3], one["status"]) for one in attendees(event, **query)]

    assert listed() == [("ben", "confirmed"), ("cem", "offered")]
    assert listed(status="waitlisted") == [("dor", "waitlisted")]


@pytest.mark.story("organiser")
def test_event_without_token_is_closed(client, announce):
    event = announce()

    responses = [
        client.get(f"/events/{event['id']}/attendees"),
        client.patch(f"/events/{event['id']}", json={"capacity": 9}),
    ]

    assert [response.status_code for response in responses] == [401, 401]
    assert all("Bearer" in response.headers["WWW-Authenticate"] for response in responses)


@pytest.mark.story("organiser")
@pytest.mark.parametrize("kind", ["guessed", "of another event", "of a sign-up"])
def test_wrong_token_opens_nothing(client, announce, sign_up, kind):
    event = announce()
    wrong = {
        "guessed": "Bearer x",
        "of another event": f"Bearer {announce()['organiser_token']}",
        "of a sign-up": f"Bearer {sign_up(event, 'ana')['token']}",
    }
    headers = {"Authorization": wrong[kind]}

    responses = [
        client.get(f"/events/{event['id']}/attendees", headers=headers),
        client.patch(f"/events/{event['id']}", json={"capacity": 9}, headers=headers),
    ]

    assert {response.status_code for response in responses} <= {401, 403}
    assert client.get(f"/events/{event['id']}").json["capacity"] == 2


@pytest.mark.story("organiser")
@pytest.mark.parametrize("body", ["{", "[]", '{"capacity": 0}', '{"colour": "red"}'])
def test_who_asks_comes_before_what_is_asked(client, announce, body):
    url = f"/events/{announce()['id']}"

    response = client.patch(url, data=body, content_type="application/json")

    assert response.status_code == 401, f"without a token {body} is nobody's to judge"


@pytest.mark.story("organiser")
def test_organiser_takes_somebody_off(client, announce, sign_up, attendees, state):
    event = announce(capacity=1)
    ana = sign_up(event, "ana")
    ben = sign_up(event, "ben")
    [shown] = attendees(event)

    url = f"/events/{event['id']}/attendees/{shown['id']}"
    response = client.delete(url, headers=organiser(event))

    assert response.status_code == 204
    assert client.get(f"/signups/{ana['token']}").status_code == 404
    assert state(ben) == ("offered", None), "the seat goes to who waits"
    assert client.delete(url, headers=organiser(event)).status_code == 404


@pytest.mark.story("organiser")
def test_organiser_takes_nobody_off_elsewhere(client, announce, sign_up, attendees, state):
    event = announce()
    ana = sign_up(event, "ana")
    [shown] = attendees(event)
    other = announce()

    through_own = f"/events/{other['id']}/attendees/{shown['id']}"
    through_event = f"/events/{event['id']}/attendees/{shown['id']}"

    assert client.delete(through_own, headers=organiser(other)).status_code == 404
    assert client.delete(through_event, headers=organiser(other)).status_code == 403
    assert client.delete(through_event).status_code == 401
    assert state(ana) == ("confirmed", None)


@pytest.mark.story("organiser")
def test_organiser_changes_what_is_sent_and_nothing_else(client, announce, change):
    event = announce()

    changed = change(event, title="Concert, indoors")

    assert changed.status_code == 200
    del event["organiser_token"]
    assert changed.json == event | {"title": "Concert, indoors"}
    assert client.get(f"/events/{event['id']}").json == changed.json
