"""Several processes on one database, as in production."""

import threading

import requests


def test_two_processes_fetch_page_once(live, at_once, upstream):
    asked, go_on = threading.Event(), threading.Event()

    def page(_request):
        asked.set()
        go_on.wait(10)
        return "<title>Once</title>"

    upstream.answer("/page", page)
    api = live(workers=2, ALLOW_HOSTS=upstream.address)

    def ask(number):
        if number == 30:
            asked.wait(30)
            go_on.set()
            return None
        query = {"url": upstream.url("/page")}
        return requests.get(f"{api}/preview", params=query, timeout=30)

    responses = at_once(31, ask)[:30]

    assert [response.status_code for response in responses] == [200] * 30
    assert {response.json()["title"] for response in responses} == {"Once"}
    assert len(upstream.requests) == 1
