"""What the recipes API promises, story by story. Black box: HTTP and the command line alone."""

import random
import re
import unicodedata
from fractions import Fraction

import pytest

SIZES = {
    **{"g": 1, "kg": 1000, "oz": 1, "lb": 16},
    **{"ml": 1, "l": 1000, "tsp": 1, "tbsp": 3, "cup": 48},
}
FAMILIES = [["g", "kg"], ["oz", "lb"], ["ml", "l"], ["tsp", "tbsp", "cup"]]

PANCAKES = {
    "title": "Pancakes",
    "description": "For a slow morning.",
    "cuisine": "american",
    "minutes": 25,
    "servings": 3,
    "diets": ["vegetarian"],
    "ingredients": [
        {"name": "flour", "quantity": "1 1/3", "unit": "cup", "note": "sifted"},
        {"name": "baking powder", "quantity": "0.25", "unit": "tsp"},
        {"name": "eggs", "quantity": 2},
        {"name": "butter"},
    ],
    "steps": ["Whisk everything.", "Fry ladlefuls until golden."],
}


@pytest.fixture
def save(client):
    """Save pancakes with some fields changed; return what the API answered."""

    def save(**fields):
        response = client.post("/recipes", json=PANCAKES | fields)
        assert response.status_code == 201, f"a good recipe must be saved: {response.text}"
        return response.json

    return save


@pytest.fixture
def titles(client):
    """Titles in the list for these filters: ``titles(diet=["vegan"])``."""

    def titles(**filters):
        response = client.get("/recipes", query_string=filters)
        assert response.status_code == 200, f"{filters} is a good filter: {response.text}"
        return [recipe["title"] for recipe in response.json]

    return titles


@pytest.fixture
def scaled(client):
    """Ingredients of a saved recipe for so many people."""

    def scaled(recipe, people):
        response = client.get(f"/recipes/{recipe['id']}", query_string={"servings": people})
        assert response.status_code == 200, f"{people} people can be cooked for: {response.text}"
        return response.json["ingredients"]

    return scaled


def takes(*names):
    """Ingredients of these names, for recipes in which nothing else matters."""
    return [{"name": name, "quantity": "1", "unit": "cup"} for name in names]


def one(quantity, unit=None):
    """A list of one ingredient."""
    return [{"name": "something", "quantity": quantity} | ({"unit": unit} if unit else {})]


def number(display):
    """Read the number in a text for people: ``about 1½ cups`` is 1.5."""
    digits = re.search(r"\d+(\.\d+)?", display)
    parts = [unicodedata.numeric(sign) for sign in display if sign in "⅛¼⅓⅜½⅝⅔¾⅞"]

    assert digits or parts, f"display must tell a number: {display!r}"
    return float(digits.group() if digits else 0) + sum(parts)


# save


@pytest.mark.story("save")
def test_saved_recipe_is_answered_with_its_address(client):
    response = client.post("/recipes", json=PANCAKES)

    assert response.status_code == 201
    read = client.get(response.headers["Location"])

    assert read.status_code == 200, "Location must lead to the new recipe"
    assert read.json == response.json, "what POST answers is what GET shows"


@pytest.mark.story("save")
def test_recipe_reads_back_as_it_was_written(client, save):
    recipe = client.get(f"/recipes/{save()['id']}").json
    written = {name: value for name, value in PANCAKES.items() if name != "ingredients"}

    assert {name: recipe.get(name) for name in written} == written


@pytest.mark.story("save")
def test_ingredients_keep_their_order_units_and_notes(client, save):
    shown = client.get(f"/recipes/{save()['id']}").json["ingredients"]

    assert [item["name"] for item in shown] == ["flour", "baking powder", "eggs", "butter"]
    assert [item["unit"] for item in shown] == ["cup", "tsp", None, None]
    assert [item["note"] for item in shown] == ["sifted", None, None, None]


@pytest.mark.story("save")
def test_quantities_are_kept_exactly(save):
    written = ["3", 3, "1/3", "1 1/2", "0.25", "0.1"]
    exact = ["3", "3", "1/3", "3/2", "1/4", "1/10"]
    shown = save(ingredients=[line for each in written for line in one(each, "cup")])["ingredients"]

    assert [Fraction(item["quantity"]) for item in shown] == [Fraction(each) for each in exact]


@pytest.mark.story("save")
@pytest.mark.parametrize(("written", "exact"), [("½", "1/2"), ("1½", "3/2"), ("1 1/2", "3/2")])
def test_fraction_may_be_written_as_one_sign(save, written, exact):
    [item] = save(ingredients=one(written, "cup"))["ingredients"]

    assert item["quantity"] == exact, f"{written} cups are {exact}"


@pytest.mark.story("save")
@pytest.mark.parametrize(
    ("quantity", "unit", "shown"),
    [
        ("1/4", "tbsp", 0.25),
        ("0.001", "kg", 0.001),
        ("1/100", "cup", 0.01),
        ("0.1", None, 0.1),
        ("1/8", "tsp", 0.125),
        ("999999.999", "g", 999_999.999),
    ],
)
def test_recipe_shows_amounts_that_its_author_wrote(save, scaled, quantity, unit, shown):
    recipe = save(servings=3, ingredients=one(quantity, unit))

    for [item] in (recipe["ingredients"], scaled(recipe, 3)):
        assert "about" not in item["display"], "its author knew what to take"
        assert number(item["display"]) == pytest.approx(shown)


@pytest.mark.story("save")
@pytest.mark.parametrize("quantity", ["1½", "333 1/3", "0.001", "999999.999", "17/23"])
def test_what_is_read_can_be_sent_again(client, save, quantity):
    recipe = save(ingredients=one(quantity, "cup"))
    lines = [
        {name: value for name, value in item.items() if name != "display"}
        for item in recipe["ingredients"]
    ]

    response = client.patch(f"/recipes/{recipe['id']}", json={"ingredients": lines})

    assert response.status_code == 200, f"{lines} came from the API"
    assert response.json == recipe


@pytest.mark.story("save")
def test_ingredient_without_quantity_stays_without(save):
    [item] = save(ingredients=[{"name": "salt", "note": "to taste"}])["ingredients"]

    assert (item["quantity"], item["unit"]) == (None, None)


@pytest.mark.story("save")
def test_diet_named_twice_counts_once(save):
    assert save(diets=["Vegan", "vegan", "gluten-free"])["diets"] == ["gluten-free", "vegan"]


@pytest.mark.story("save")
def test_cuisines_and_diets_are_counted(client, save):
    save(cuisine="thai", diets=["vegan"])
    save(cuisine="Thai", diets=["vegan", "raw"])
    save(cuisine="greek", diets=[])
    counts = {
        path: {label["name"]: label["recipes"] for label in client.get(path).json}
        for path in ("/cuisines", "/diets")
    }
    assert counts == {"/cuisines": {"thai": 2, "greek": 1}, "/diets": {"vegan": 2, "raw": 1}}


@pytest.mark.story("save")
def test_demo_recipes_are_seeded_once(client, run):
    assert run("seed").exit_code == 0
    total = client.get("/recipes").headers["X-Total-Count"]

    assert int(total) > 0, "flask seed must save demo recipes"
    assert run("seed").exit_code == 0
    assert client.get("/recipes").headers["X-Total-Count"] == total, "a second seed changes nothing"


# change


@pytest.mark.story("change")
def test_put_replaces_whole_recipe(client, save):
    url = f"/recipes/{save()['id']}"
    other = {
        "title": "Toast",
        "minutes": 5,
        "servings": 1,
        "ingredients": [{"name": "bread", "quantity": "2", "unit": "slice"}],
        "steps": ["Toast it."],
    }
    assert client.put(url, json=other).status_code == 200
    recipe = client.get(url).json

    assert (recipe["title"], recipe["steps"]) == ("Toast", ["Toast it."])
    assert [item["name"] for item in recipe["ingredients"]] == ["bread"]
    assert (recipe["diets"], recipe["cuisine"]) == ([], None), "what PUT leaves out is gone"


@pytest.mark.story("change")
def test_put_twice_is_put_once(client, save):
    url = f"/recipes/{save()['id']}"
    first = client.put(url, json=PANCAKES | {"title": "Crêpes"})

    assert client.put(url, json=PANCAKES | {"title": "Crêpes"}).json == first.json


@pytest.mark.story("change")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Crêpes"),
        ("cuisine", None),
        ("servings", 6),
        ("diets", ["raw", "vegan"]),
        ("steps", ["Only this."]),
    ],
)
def test_patch_changes_what_is_sent_and_nothing_else(client, save, field, value):
    recipe = save()

    assert client.patch(f"/recipes/{recipe['id']}", json={field: value}).status_code == 200
    after = client.get(f"/recipes/{recipe['id']}").json
    for name in PANCAKES:
        assert after[name] == (value if name == field else recipe[name])


@pytest.mark.story("change")
def test_patch_replaces_list_of_ingredients(client, save):
    url = f"/recipes/{save()['id']}"
    client.patch(url, json={"ingredients": takes("buckwheat", "eggs")})

    assert [item["name"] for item in client.get(url).json["ingredients"]] == ["buckwheat", "eggs"]


@pytest.mark.story("change")
def test_new_line_has_nothing_of_old_one_in_its_place(client, save):
    url = f"/recipes/{save(ingredients=takes('flour'))['id']}"

    client.patch(url, json={"ingredients": [{"name": "salt"}]})

    [item] = client.get(url).json["ingredients"]
    assert (item["name"], item["quantity"], item["unit"]) == ("salt", None, None)


@pytest.mark.story("change")
def test_empty_patch_changes_nothing(client, save):
    before = save()

    assert client.patch(f"/recipes/{before['id']}", json={}).status_code == 200
    assert client.get(f"/recipes/{before['id']}").json == before


@pytest.mark.story("change")
def test_deleted_recipe_is_gone(client, save):
    url = f"/recipes/{save()['id']}"

    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.delete(url).status_code == 404, "the second time there is nothing to delete"


@pytest.mark.story("change")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_recipe_that_never_was_is_not_found(client, method):
    body = {} if method == "GET" else {"json": PANCAKES}
    response = client.open("/recipes/4711", method=method, **body)

    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"


# refuse

NONSENSE = {
    "no title": {"title": ""},
    "blank title": {"title": "  "},
    "endless title": {"title": "x" * 10_000},
    "title that is no text": {"title": 7},
    "no servings": {"servings": 0},
    "servings for a town": {"servings": 1001},
    "half a serving": {"servings": 1.5},
    "servings in words": {"servings": "four"},
    "no time": {"minutes": 0},
    "time beyond all numbers": {"minutes": 10**20},
    "no ingredients": {"ingredients": []},
    "no steps": {"steps": []},
    "nameless ingredient": {"ingredients": [{"quantity": "1", "unit": "cup"}]},
    "no quantity at all": {"ingredients": one("0", "cup")},
    "negative quantity": {"ingredients": one("-1", "cup")},
    "division by zero": {"ingredients": one("1/0", "cup")},
    "quantity in words": {"ingredients": one("two", "cup")},
    "range of quantities": {"ingredients": one("2-3", "cup")},
    "title of two lines": {"title": "Soup\nSalad"},
    "title that cannot be seen": {"title": "\u200b"},
    "unknown field": {"price": 3},
}


@pytest.mark.story("refuse")
@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_refused_and_named(client, change):
    response = client.post("/recipes", json=PANCAKES | change)

    assert response.status_code == 422, f"{change} must not pass"
    assert response.mimetype == "application/problem+json"
    [field] = change
    places = [".".join(map(str, error["loc"])) for error in response.json["errors"]]

    assert any(field in place for place in places), f"{field} is wrong, not {places}"
    assert client.get("/recipes").json == [], "nothing may be saved"


@pytest.mark.story("refuse")
def test_empty_recipe_is_refused_for_all_that_it_lacks(client):
    response = client.post("/recipes", json={})

    assert response.status_code == 422
    missing = {error["loc"][-1] for error in response.json["errors"]}

    assert missing >= {"title", "minutes", "servings", "ingredients", "steps"}


@pytest.mark.story("refuse")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_refused_change_leaves_recipe_as_it_was(client, save, method):
    before = save()
    url = f"/recipes/{before['id']}"
    response = client.open(url, method=method, json=PANCAKES | {"title": "New", "servings": 0})

    assert response.status_code == 422
    assert client.get(url).json == before


@pytest.mark.story("refuse")
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 422),
        ("title=Soup", "text/plain", 415),
    ],
)
def test_what_is_no_json_object_is_refused(client, body, kind, status):
    assert client.post("/recipes", data=body, content_type=kind).status_code == status


@pytest.mark.story("refuse")
@pytest.mark.parametrize("servings", ["0", "-1", "1001", "9" * 400, "1.5", "four", "", "NaN"])
def test_impossible_servings_are_refused(client, save, servings):
    recipe = save()
    response = client.get(f"/recipes/{recipe['id']}", query_string={"servings": servings})

    assert response.status_code == 422, f"nobody cooks for {servings!r} people"
    assert response.mimetype == "application/problem+json"


# scale


@pytest.mark.story("scale")
@pytest.mark.parametrize(
    ("written", "unit", "people", "exact"),
    [
        ("1/3", "cup", 6, "2/3"),
        ("1", "cup", 1, "1/3"),
        ("0.1", "kg", 30, "1"),
        ("2", None, 4, "8/3"),
        ("1", "clove", 1000, "1000/3"),
    ],
)
def test_quantities_scale_in_exact_fractions(save, scaled, written, unit, people, exact):
    recipe = save(servings=3, ingredients=one(written, unit))
    [item] = scaled(recipe, people)

    assert Fraction(item["quantity"]) == Fraction(exact), (
        f"{written} {unit} for 3, cooked for {people}, is {exact} and not {item['quantity']}"
    )


@pytest.mark.story("scale")
def test_any_number_of_servings_keeps_amount(save, scaled):
    for _ in range(10):
        [family] = random.sample(FAMILIES, 1)
        [unit] = random.sample(family, 1)
        quantity = Fraction(*random.sample(range(1, 1000), 2))
        written, wanted = random.sample(range(1, 1001), 2)
        [item] = scaled(save(servings=written, ingredients=one(str(quantity), unit)), wanted)
        case = f"{quantity} {unit} for {written}, cooked for {wanted}"
        assert item["unit"] in family, f"{case}: {unit} cannot become {item['unit']}"
        amount = Fraction(item["quantity"]) * SIZES[item["unit"]]
        assert amount == quantity * SIZES[unit] * wanted / written, (
            f"{case}: {item['quantity']} {item['unit']} is another amount"
        )


@pytest.mark.story("scale")
def test_scaling_never_changes_stored_recipe(client, save, scaled):
    before = save()
    for people in (1, 1000, 7):
        scaled(before, people)
    assert client.get(f"/recipes/{before['id']}").json == before


@pytest.mark.story("scale")
def test_ingredient_without_quantity_has_none_for_thousand_either(save, scaled):
    [item] = scaled(save(ingredients=[{"name": "salt"}]), 1000)

    assert (item["name"], item["quantity"]) == ("salt", None)


@pytest.mark.story("scale")
def test_everything_but_amounts_stays(client, save):
    recipe = save()
    scaled = client.get(f"/recipes/{recipe['id']}?servings=30").json

    assert scaled["servings"] == 30
    for field in ("title", "minutes", "diets", "steps"):
        assert scaled[field] == recipe[field], f"{field} does not grow with the servings"


@pytest.mark.story("scale")
@pytest.mark.parametrize("servings", [1, 1000])
def test_fewest_and_most_servings_are_cooked(save, scaled, servings):
    assert scaled(save(servings=servings), 1001 - servings)


# kitchen


@pytest.mark.story("kitchen")
@pytest.mark.parametrize(
    ("once", "tripled"),
    [
        (("500", "g"), ("3/2", "kg")),
        (("500", "ml"), ("3/2", "l")),
        (("8", "oz"), ("3/2", "lb")),
        (("1", "tsp"), ("1", "tbsp")),
        (("2", "tsp"), ("2", "tbsp")),
        (("1/3", "cup"), ("1", "cup")),
        (("100", "g"), ("300", "g")),
    ],
)
def test_units_step_up_sensibly(save, scaled, once, tripled):
    [item] = scaled(save(servings=2, ingredients=one(*once)), 6)

    assert (Fraction(item["quantity"]), item["unit"]) == (Fraction(tripled[0]), tripled[1]), (
        f"three times {once} reads {tripled} in a kitchen"
    )


@pytest.mark.story("kitchen")
@pytest.mark.parametrize(
    ("written", "people", "hint"), [("2", 4, 3), ("4", 4, 5), ("2", 5, 3), ("1", 7, 2)]
)
def test_counted_things_come_with_rounded_hint(save, scaled, written, people, hint):
    [item] = scaled(save(servings=3, ingredients=one(written)), people)
    exact = Fraction(written) * people / 3

    assert Fraction(item["quantity"]) == exact, "the exact number stays exact"
    assert number(item["display"]) == hint, (
        f"{float(exact):.2f} eggs are about {hint}, not {item['display']!r}"
    )
    assert "about" in item["display"], "the hint must not pass for the exact number"


@pytest.mark.story("kitchen")
@pytest.mark.parametrize("people", [1, 2, 4, 7, 11])
def test_what_is_displayed_can_be_measured(save, scaled, people):
    lines = [*one("100", "g"), *one("2", "kg"), *one("500", "ml"), *one("5", "cup")]
    for item in scaled(save(servings=3, ingredients=lines), people):
        exact = float(Fraction(item["quantity"]))
        assert number(item["display"]) == pytest.approx(exact, rel=0.06), "rounded, but near"
        assert not re.search(r"\.\d{3}|/\d\d", item["display"]), (
            f"no scale and no cup shows {item['display']!r}"
        )


@pytest.mark.story("kitchen")
def test_nothing_is_rounded_to_nothing(save, scaled):
    lines = [*one("1"), *one("1", "tsp"), *one("1", "g"), *one("1", "ml"), *one("1", "pinch")]
    for item in scaled(save(servings=1000, ingredients=lines), 1):
        assert number(item["display"]) > 0, f"{item} would leave it out"


@pytest.mark.story("kitchen")
@pytest.mark.parametrize("people", [1, 2, 3, 5, 7, 11, 13])
def test_nobody_measures_much_more_behind_word_about(save, scaled, people):
    lines = []
    for unit in ("tsp", "tbsp", "cup", "g", "ml", "oz"):
        lines += [*one("1/8", unit), *one("1", unit), *one("5", unit)]
    recipe = save(servings=16, ingredients=lines)

    for item in scaled(recipe, people):
        exact = float(Fraction(item["quantity"]))
        shown = number(item["display"])
        if "less than" in item["display"]:
            assert exact < shown, f"{item} is more than it says"
        else:
            assert shown == pytest.approx(exact, rel=0.051), f"{item} is another amount"


# diets


@pytest.mark.story("diets")
@pytest.mark.parametrize(
    ("diets", "found"),
    [
        (["vegan"], ["Soup", "Salad"]),
        (["vegan", "gluten-free"], ["Salad"]),
        (["gluten-free", "vegan"], ["Salad"]),
        (["VEGAN", " gluten-free "], ["Salad"]),
        (["vegan", "vegan"], ["Soup", "Salad"]),
        (["vegan", "paleo"], []),
        ([], ["Toast", "Steak", "Soup", "Salad"]),
    ],
)
def test_recipe_must_suit_every_diet(save, titles, diets, found):
    save(title="Salad", diets=["gluten-free", "vegan"])
    save(title="Soup", diets=["vegan"])
    save(title="Steak", diets=["gluten-free"])
    save(title="Toast", diets=["not-vegan"])

    assert titles(diet=diets) == found


@pytest.mark.story("diets")
def test_total_counts_what_suits_every_diet(client, save):
    for diets in (["vegan", "raw"], ["vegan"], ["raw"], ["raw", "vegan"]):
        save(diets=diets)
    response = client.get("/recipes?diet=vegan&diet=raw&per_page=1")

    assert len(response.json) == 1
    assert response.headers["X-Total-Count"] == "2"


# pantry


@pytest.mark.story("pantry")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"with": ["flour"]}, ["Bread", "Pancakes"]),
        ({"with": [" FLOUR", "eggs"]}, ["Pancakes"]),
        ({"with": ["flour", "unicorn"]}, []),
        ({"with": ["egg"]}, []),
        ({"without": ["eggs"]}, ["Bread"]),
        ({"without": ["Flour "]}, ["Omelette"]),
        ({"without": ["water", "butter"]}, ["Pancakes"]),
        ({"without": ["unicorn", "eggs"]}, ["Bread"]),
        ({"with": ["eggs"], "without": ["flour"]}, ["Omelette"]),
        ({"with": ["eggs"], "without": ["eggs"]}, []),
    ],
)
def test_recipes_are_found_by_what_they_take(save, titles, filters, found):
    save(title="Pancakes", ingredients=takes("flour", "milk", "eggs"))
    save(title="Bread", ingredients=takes("flour", "water"))
    save(title="Omelette", ingredients=takes("eggs", "butter"))

    assert titles(**filters) == found


@pytest.mark.story("pantry")
def test_recipe_that_takes_ingredient_twice_is_listed_once(client, save):
    save(title="Cake", ingredients=takes("sugar", "flour", "sugar"))
    response = client.get("/recipes?with=sugar")

    assert [recipe["title"] for recipe in response.json] == ["Cake"]
    assert response.headers["X-Total-Count"] == "1"


@pytest.mark.story("pantry")
def test_ingredients_are_searched_by_part_of_their_name(client, save):
    save(ingredients=takes("Brown sugar", "sugar", "100% cocoa", "cocoa_butter"))
    found = {
        text: [item["name"] for item in client.get("/ingredients", query_string={"q": text}).json]
        for text in ("SUGAR", "%", "_", "salt")
    }
    assert found == {
        "SUGAR": ["Brown sugar", "sugar"],
        "%": ["100% cocoa"],
        "_": ["cocoa_butter"],
        "salt": [],
    }


# find


@pytest.mark.story("find")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["Ragù", "Curry", "Larb"]),
        ({"cuisine": "THAI"}, ["Curry", "Larb"]),
        ({"cuisine": "martian"}, []),
        ({"max_minutes": 20}, ["Larb"]),
        ({"max_minutes": 19}, []),
        ({"cuisine": "thai", "max_minutes": 29}, ["Larb"]),
    ],
)
def test_list_is_filtered_by_cuisine_and_time(save, titles, filters, found):
    save(title="Larb", cuisine="thai", minutes=20)
    save(title="Curry", cuisine="Thai", minutes=30)
    save(title="Ragù", cuisine="italian", minutes=180)

    assert titles(**filters) == found


@pytest.mark.story("find")
def test_text_search_is_literal_and_ignores_case(save, titles):
    for name in ("Bean stew", "100% rye bread", "snake_cake", "Back\\slash", "CRÈME BRÛLÉE"):
        save(title=name)
    found = {text: titles(q=text) for text in ("STEW", "an st", "0%", "%", "_", "\\", "crème", "-")}

    assert found == {
        "STEW": ["Bean stew"],
        "an st": ["Bean stew"],
        "0%": ["100% rye bread"],
        "%": ["100% rye bread"],
        "_": ["snake_cake"],
        "\\": ["Back\\slash"],
        "crème": ["CRÈME BRÛLÉE"],
        "-": [],
    }


@pytest.mark.story("find")
def test_list_comes_in_pages(client, save):
    ids = [save(title=f"No. {n}")["id"] for n in range(5)]
    pages = [client.get(f"/recipes?per_page=2&page={page}") for page in (1, 2, 3, 4)]
    shown = [[recipe["id"] for recipe in page.json] for page in pages]

    assert shown == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]], []]
    assert pages[0].headers["X-Total-Count"] == "5"
    assert 'rel="next"' in pages[0].headers["Link"]
    assert 'rel="next"' not in pages[2].headers["Link"]


@pytest.mark.story("find")
@pytest.mark.parametrize("query", ["page=0", "per_page=101", "max_minutes=soon", "sort=taste"])
def test_impossible_filters_are_refused(client, query):
    assert client.get(f"/recipes?{query}").status_code == 422


# one-ingredient


@pytest.mark.story("one-ingredient")
def test_ingredient_is_one_however_it_is_spelt(client, save, titles):
    save(title="Bread", ingredients=takes("Olive oil"))
    save(title="Salad", ingredients=takes("  OLIVE   oil ", "olive oil"))

    assert [item["name"] for item in client.get("/ingredients").json] == ["Olive oil"]
    assert titles(**{"with": ["olive OIL"]}) == ["Salad", "Bread"]


@pytest.mark.story("one-ingredient")
@pytest.mark.parametrize("spelling", ["e\u200bgg", "egg\u00ad", "\u2060EGG"])
def test_signs_that_cannot_be_seen_make_no_other_ingredient(client, save, spelling):
    save(ingredients=takes("egg"))

    save(ingredients=takes(spelling))

    assert [item["name"] for item in client.get("/ingredients").json] == ["egg"]


@pytest.mark.story("one-ingredient")
def test_cooks_at_once_make_one_ingredient(client, at_once):
    spellings = ["saffron", "Saffron", "SAFFRON", " saffron "]
    responses = at_once(
        4, lambda n: client.post("/recipes", json=PANCAKES | {"ingredients": takes(spellings[n])})
    )
    assert [response.status_code for response in responses] == [201] * 4
    assert len(client.get("/ingredients").json) == 1


@pytest.mark.story("one-ingredient")
def test_deleting_recipe_leaves_shared_ingredients(client, save):
    gone = save(title="Gone", ingredients=takes("rice", "peas"))
    stays = save(title="Stays", ingredients=takes("rice", "nori"))
    client.delete(f"/recipes/{gone['id']}")
    shown = client.get(f"/recipes/{stays['id']}").json["ingredients"]

    assert [item["name"] for item in shown] == ["rice", "nori"]
    names = {item["name"] for item in client.get("/ingredients").json}

    assert names >= {"rice", "nori"}
