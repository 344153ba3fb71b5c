"""Unit tests of writing when several do it at once: real processes, one database."""

import pytest
import requests

CURRY = {"title": "Curry", "minutes": 40, "servings": 4, "steps": ["Cook it."]}
SPICES = ["cumin", "turmeric", "fenugreek", "mustard seeds", "asafoetida"]


@pytest.fixture
def server(live):
    """A server of two processes."""
    return live(workers=2)


def test_cooks_who_name_new_ingredients_at_once_share_them(server, at_once):
    def save(number):
        spices = SPICES[::-1] if number % 2 else SPICES  # in both orders: nobody waits in a circle
        lines = [{"name": spice.upper() if number % 3 else spice} for spice in spices]
        return requests.post(f"{server}/recipes", json=CURRY | {"ingredients": lines}, timeout=30)

    assert [response.status_code for response in at_once(12, save)] == [201] * 12
    shared = requests.get(f"{server}/ingredients", timeout=30).json()

    assert sorted(item["name"].lower() for item in shared) == sorted(SPICES)


def test_recipe_changed_and_deleted_at_once_is_whole_or_gone(server, at_once):
    def lines(count):
        return {"ingredients": [{"name": f"spice {number}"} for number in range(count)]}

    first = requests.post(f"{server}/recipes", json=CURRY | lines(1), timeout=30)
    url = server + first.headers["Location"]

    def act(number):
        if number == 5:
            return requests.delete(url, timeout=30)
        return requests.put(url, json=CURRY | lines(number + 1), timeout=30)

    responses = [response.status_code for response in at_once(10, act)]

    assert responses.pop(5) == 204
    assert set(responses) <= {200, 404}, "a change comes before the deletion, or finds nothing"
    assert requests.get(url, timeout=30).status_code == 404
