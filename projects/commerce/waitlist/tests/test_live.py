"""Several processes on one database, each with its own connections, as in production."""

import requests

GUESTS, SEATS, LEAVE = 60, 15, 6


def test_two_processes_give_each_seat_once(live, at_once):
    api = live(workers=2)
    body = {"title": "Rush", "starts_at": "2099-01-01T00:00:00Z", "capacity": SEATS}
    event = requests.post(f"{api}/events", json=body, timeout=30).json()

    def sign_up(number):
        body = {"email": f"guest-{number}@example.com"}
        return requests.post(f"{api}/events/{event['id']}/signups", json=body, timeout=30).json()

    signups = at_once(GUESTS, sign_up)

    confirmed = [one for one in signups if one["status"] == "confirmed"]
    waiting = [one for one in signups if one["status"] == "waitlisted"]
    assert len(confirmed) == SEATS, "as many as there are seats, and no more"
    assert sorted(one["position"] for one in waiting) == [*range(1, GUESTS - SEATS + 1)]

    def cancel(number):
        token = confirmed[number]["token"]
        return requests.delete(f"{api}/signups/{token}", timeout=30).status_code

    assert at_once(LEAVE, cancel) == [204] * LEAVE
    in_line = sorted(waiting, key=lambda one: one["position"])
    now = [requests.get(f"{api}/signups/{one['token']}", timeout=30).json() for one in in_line]
    assert [one["status"] for one in now[:LEAVE]] == ["offered"] * LEAVE, "the first in line"
    assert [one["position"] for one in now[LEAVE:]] == [*range(1, GUESTS - SEATS - LEAVE + 1)]
