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
