"""Unit tests of the interface: decisions that no story makes, and the number of queries."""

import pytest

SOUP = {
    "title": "Soup",
    "minutes": 30,
    "servings": 4,
    "diets": ["vegan", "raw"],
    "ingredients": [{"name": "leeks", "quantity": "2"}, {"name": "salt"}],
    "steps": ["Cook it."],
}


@pytest.fixture
def soup(client):
    """The URL of a saved soup."""
    return client.post("/recipes", json=SOUP).headers["Location"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"name": "flour", "quantity": 0.5, "unit": "cup"}, "whole number"),
        ({"name": "flour", "quantity": True, "unit": "cup"}, "whole number"),
        ({"name": "flour", "quantity": 10**6, "unit": "g"}, "is no quantity"),
        ({"name": "flour", "quantity": "1/1001", "unit": "g"}, "is no quantity"),
        ({"name": "eggs", "quantity": "2-3"}, "is a range"),
        ({"name": "flour", "quantity": "1", "unit": "bushel"}, "'cup'"),
        ({"name": "flour", "quantity": "1", "unit": "Cup"}, "'cup'"),
        ({"name": "flour", "amount": "1"}, "not permitted"),
        ({"name": "\u200b"}, "is blank"),
        ({"name": "salt\npepper"}, "has a line break"),
    ],
)
def test_refused_ingredient_says_what_would_be_right(client, line, reason):
    response = client.post("/recipes", json=SOUP | {"ingredients": [SOUP["ingredients"][0], line]})

    assert response.status_code == 422
    [error] = response.json["errors"][:1]

    assert error["loc"][:3] == ["body", "ingredients", 1]
    assert reason in error["msg"]


def test_step_may_have_lines_but_must_not_be_blank(client, soup):
    assert client.patch(soup, json={"steps": [" Stir.\nTaste. "]}).json["steps"] == [
        "Stir.\nTaste."
    ]
    [error] = client.patch(soup, json={"steps": ["Stir.", "\n"]}).json["errors"]

    assert error == {"loc": ["body", "steps", 1], "msg": "is blank"}


@pytest.mark.parametrize("field", ["title", "minutes", "servings", "diets", "ingredients", "steps"])
def test_null_in_patch_is_refused_where_value_is_needed(client, soup, field):
    assert client.patch(soup, json={field: None}).status_code == 422


def test_new_servings_correct_recipe_and_leave_amounts(client, soup):
    client.patch(soup, json={"servings": 2})

    assert client.get(soup).json["ingredients"][0]["quantity"] == "2"
    assert client.get(soup + "?servings=4").json["ingredients"][0]["quantity"] == "4"


def test_recipe_for_its_own_servings_reads_as_it_was_written(client, soup):
    client.patch(soup, json={"ingredients": [{"name": "leeks", "quantity": "1500", "unit": "g"}]})
    own = client.get(soup + "?servings=4").json

    assert own == client.get(soup).json
    assert own["ingredients"][0]["display"] == "1500 g"


def test_line_without_quantity_is_as_needed(client, soup):
    assert [line["display"] for line in client.get(soup).json["ingredients"]] == ["2", "as needed"]


def test_first_spelling_names_ingredient(client):
    client.post("/recipes", json=SOUP)
    other = client.post("/recipes", json=SOUP | {"ingredients": [{"name": "LEEKS"}]})

    assert other.json["ingredients"][0]["name"] == "leeks"


def test_search_looks_into_descriptions_too(client, soup):
    client.patch(soup, json={"description": "Warms\nthe hands."})

    assert [recipe["title"] for recipe in client.get("/recipes?q=THE+hands").json] == ["Soup"]
    assert client.get("/recipes", query_string={"q": "soup warms"}).json == []


def test_commonest_labels_come_first(client):
    for diets in (["raw"], ["vegan"], ["halal", "vegan"]):
        client.post("/recipes", json=SOUP | {"diets": diets, "cuisine": diets[0]})
    labels = [label["name"] for label in client.get("/diets").json]

    assert labels == ["vegan", "halal", "raw"], "by falling number, then by name"
    assert [label["name"] for label in client.get("/cuisines").json] == ["halal", "raw", "vegan"]


@pytest.mark.parametrize("query", ["", "?diet=vegan&with=leeks&without=eggs&max_minutes=60&q=o"])
def test_list_takes_three_queries_however_long_it_is(client, max_queries, query):
    for _ in range(5):
        client.post("/recipes", json=SOUP)
    with max_queries(3):
        assert len(client.get(f"/recipes{query}").json) == 5


def test_recipe_takes_three_queries_however_long_it_is(client, soup, max_queries):
    lines = [{"name": f"thing {number}"} for number in range(100)]
    client.patch(soup, json={"ingredients": lines})
    with max_queries(3):
        assert len(client.get(soup).json["ingredients"]) == 100


def test_saving_takes_as_many_queries_for_two_ingredients_as_for_hundred(client, max_queries):
    lines = [{"name": f"thing {number}"} for number in range(100)]
    with max_queries(6):
        assert client.post("/recipes", json=SOUP | {"ingredients": lines}).status_code == 201


def test_page_needs_no_exception_from_its_security_policy(client):
    page = client.get("/?diet=vegan")

    assert page.mimetype == "text/html"
    for inline in ("<style", " style=", " onclick=", "<script>"):
        assert inline not in page.text
    for name in ("page.js", "cook.js", "elements.js", "page.css"):
        assert client.get(f"/static/{name}").status_code == 200
