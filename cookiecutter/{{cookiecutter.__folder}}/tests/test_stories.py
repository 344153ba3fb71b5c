"""What the service promises to those who use it, over HTTP alone."""

import random
from fractions import Fraction

import pytest

PLANTS = {"name": "Water the plants", "value": 8, "effort": 1}


@pytest.fixture
def add(client):
    """Add an entry and return it: ``add("Tap", value=20, effort=2)``."""

    def add(name, value=1, effort=1):
        response = client.post("/entries", json={"name": name, "value": value, "effort": effort})
        assert response.status_code == 201, f"{name}: {value}/{effort} should be saved"
        return response.json

    return add


@pytest.fixture
def names(client):
    """Return the names of the list in order: ``names()``."""
    return lambda query="": [entry["name"] for entry in client.get(f"/entries{query}").json]


# keep


@pytest.mark.story("keep")
def test_entry_is_read_back_where_location_leads(client, clock):
    clock.set("2026-03-01T12:00:00Z")

    response = client.post("/entries", json=PLANTS)

    assert response.status_code == 201
    entry = response.json
    assert {field: entry[field] for field in PLANTS} == PLANTS
    assert entry["created_at"] == "2026-03-01T12:00:00Z"
    assert client.get(response.location).json == entry, "Location should lead to the new entry"


@pytest.mark.story("keep")
def test_space_around_name_is_dropped(add):
    assert add("  Two words ")["name"] == "Two words"


@pytest.mark.story("keep")
def test_deleted_entry_is_gone(client, add, names):
    url = f"/entries/{add('Gone')['id']}"
    add("Stays")

    assert client.delete(url).status_code == 204

    assert client.get(url).status_code == 404
    assert client.delete(url).status_code == 404, "there is nothing to delete the second time"
    assert names() == ["Stays"]


@pytest.mark.story("keep")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_unknown_entry_is_404(client, method):
    body = {"value": 2} if method == "PATCH" else None

    response = client.open("/entries/1", method=method, json=body)

    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"


@pytest.mark.story("keep")
def test_demo_data_are_added_once(run, names):
    assert run("seed").exit_code == 0
    seeded = names()
    assert seeded, "flask seed should add entries"

    run("seed")

    assert names() == seeded


# order


@pytest.mark.story("order")
def test_list_begins_with_most_value_for_effort(add, names):
    add("Half", value=1, effort=2)
    add("Four", value=8, effort=2)
    add("Two thirds", value=2, effort=3)
    add("Three", value=3, effort=1)

    assert names() == ["Four", "Three", "Two thirds", "Half"]


@pytest.mark.story("order")
def test_older_of_equals_comes_first(add, names):
    add("First", value=1, effort=3)
    add("Second", value=2, effort=6)
    add("Third", value=33, effort=99)

    assert names() == ["First", "Second", "Third"]


@pytest.mark.story("order")
def test_any_entries_are_in_order(client, add):
    values, efforts = (random.sample(range(1, 101), 30) for _ in range(2))
    for number, pair in enumerate(zip(values, efforts, strict=True)):
        add(f"No. {number}", *pair)

    listed = client.get("/entries?per_page=100").json

    ratios = [Fraction(entry["value"], entry["effort"]) for entry in listed]
    assert len(ratios) == 30
    assert ratios == sorted(ratios, reverse=True), "each is worth as much as the next, or more"


@pytest.mark.story("order")
def test_pages_of_equals_show_each_entry_once(client, add, names):
    expected = [add(f"No. {number}")["name"] for number in range(5)]

    pages = [names(f"?per_page=2&page={page}") for page in (1, 2, 3)]

    assert [name for page in pages for name in page] == expected
    assert client.get("/entries?per_page=2").headers["X-Total-Count"] == "5"


# change


@pytest.mark.story("change")
@pytest.mark.parametrize("change", [{"value": 9}, {"effort": 1}, {"value": 100, "effort": 40}])
def test_changed_number_moves_entry(client, add, names, change):
    moved = add("Moved", value=4, effort=4)
    add("Two", value=4, effort=2)

    assert client.patch(f"/entries/{moved['id']}", json=change).status_code == 200

    assert names() == ["Moved", "Two"], f"{change} makes it worth more than 2 for its effort"


@pytest.mark.story("change")
@pytest.mark.parametrize("change", [{"name": "New"}, {"value": 7}, {"effort": 3}, {}])
def test_what_is_not_sent_stays(client, add, change):
    before = add("Old", value=2, effort=5)

    after = client.patch(f"/entries/{before['id']}", json=change).json

    assert after == before | change | {"priority": after["priority"]}
    assert client.get(f"/entries/{before['id']}").json == after


@pytest.mark.story("change")
def test_two_changes_at_once_both_count(client, add, names, at_once):
    moved = add("Moved", value=10, effort=100)
    add("Two", value=2, effort=1)
    changes = [{"value": 100}, {"effort": 10}]

    responses = at_once(2, lambda n: client.patch(f"/entries/{moved['id']}", json=changes[n]))

    assert [response.status_code for response in responses] == [200, 200]
    assert names() == ["Moved", "Two"], "100 for an effort of 10 is more than 2"


# refuse


@pytest.mark.story("refuse")
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": " "},
        {"name": "two\nlines"},
        {"name": "x" * 81},
        {"name": None},
        {"value": 0},
        {"value": 101},
        {"value": 1.5},
        {"value": "8"},
        {"effort": 0},
        {"effort": 101},
        {"effort": True},
        {"colour": "green"},
    ],
    ids=str,
)
def test_impossible_entry_is_refused(client, names, wrong):
    response = client.post("/entries", json=PLANTS | wrong)

    assert response.status_code == 422, f"{wrong} must not pass"
    assert response.mimetype == "application/problem+json"
    assert response.json["errors"][0]["loc"] == ["body", *wrong], "it should name the place"
    assert names() == [], "nothing may be saved"


@pytest.mark.story("refuse")
@pytest.mark.parametrize("missing", PLANTS)
def test_incomplete_entry_is_refused(client, missing):
    entry = {field: value for field, value in PLANTS.items() if field != missing}

    assert client.post("/entries", json=entry).status_code == 422


@pytest.mark.story("refuse")
def test_refused_change_leaves_entry_as_it_was(client, add):
    before = add("Old", value=2, effort=5)

    response = client.patch(f"/entries/{before['id']}", json={"value": 3, "effort": 0})

    assert response.status_code == 422
    assert client.get(f"/entries/{before['id']}").json == before


@pytest.mark.story("refuse")
def test_longest_name_is_saved(add):
    assert add("x" * 80)["name"] == "x" * 80


@pytest.mark.story("refuse")
@pytest.mark.parametrize("number", [1, 100])
def test_smallest_and_largest_number_are_saved(add, number):
    assert add("Edge", value=number, effort=101 - number)["value"] == number


# one-name


@pytest.mark.story("one-name")
def test_taken_name_is_409_that_says_so(client, add, names):
    add("Taken")

    response = client.post("/entries", json=PLANTS | {"name": " Taken"})

    assert response.status_code == 409
    assert "Taken" in response.json["detail"]
    assert names() == ["Taken"]


@pytest.mark.story("one-name")
def test_entry_is_not_renamed_to_taken_name(client, add, names):
    add("Taken")
    other = add("Other")

    assert client.patch(f"/entries/{other['id']}", json={"name": "Taken"}).status_code == 409

    assert names() == ["Taken", "Other"]


@pytest.mark.story("one-name")
def test_one_of_eight_at_once_gets_name(client, at_once, names):
    responses = at_once(8, lambda _: client.post("/entries", json=PLANTS))

    assert sorted(response.status_code for response in responses) == [201, *[409] * 7]
    assert names() == [PLANTS["name"]]
