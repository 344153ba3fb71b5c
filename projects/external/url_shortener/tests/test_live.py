"""Several processes on one database, each with its own connections, as in production."""

import requests

URL = "https://example.com/"


def test_hundred_visits_of_two_processes_count_hundred(live, at_once):
    api = live(workers=2)
    requests.post(f"{api}/links", json={"url": URL, "alias": "viral"}, timeout=30)

    def visit(_number):
        return requests.get(f"{api}/viral", allow_redirects=False, timeout=30).status_code

    assert at_once(100, visit) == [302] * 100
    stats = requests.get(f"{api}/links/viral/stats", timeout=30).json()

    assert stats["clicks"] == 100
    assert stats["per_day"][-1]["clicks"] + stats["per_day"][-2]["clicks"] == 100


def test_two_processes_make_no_code_twice_and_one_link_for_reuse(live, at_once):
    api = live(workers=2)

    def shorten(number):
        query = "?reuse=true" if number % 2 else ""
        return requests.post(f"{api}/links{query}", json={"url": URL}, timeout=30).json()["code"]

    codes = at_once(40, shorten)

    assert len(set(codes[0::2])) == 20, "twenty wishes for a new link"
    assert len(set(codes[1::2])) == 1, "twenty wishes for the same link"


def test_link_changed_and_deleted_at_once_is_changed_before_or_not_there(live, at_once):
    api = live(workers=2)

    for number in range(5):
        url = f"{api}/links/rush-{number}"
        wish = {"url": URL, "alias": f"rush-{number}"}
        requests.post(f"{api}/links", json=wish, timeout=30)

        def act(turn, url=url):
            if turn == 3:
                return requests.delete(url, timeout=30).status_code
            change = {"url": f"https://example.com/{turn}"}
            return requests.patch(url, json=change, timeout=30).status_code

        statuses = at_once(8, act)

        assert statuses.pop(3) == 204, f"rush-{number} is deleted once"
        assert set(statuses) <= {200, 404}, f"rush-{number} was changed, or was not there"
