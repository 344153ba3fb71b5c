"""Unit tests of the filters: they agree with set arithmetic, and each has its index."""

import itertools
import random

import pytest
from sqlalchemy import select, text

from recipes.filters import conditions, has_all_diets, has_no_ingredient
from recipes.models import DietTag, Ingredient, Recipe, RecipeIngredient, db
from recipes.schemas import RecipeQuery

DIETS = ["halal", "raw", "vegan"]
FOODS = ["egg", "flour", "milk"]


def subsets(names):
    """All ways to choose from ``names``, none and all included."""
    sizes = range(len(names) + 1)
    return [set(each) for size in sizes for each in itertools.combinations(names, size)]


@pytest.fixture
def recipes(app):
    """A stored recipe for each choice of diets and foods: ``{id: (diets, foods)}``."""
    with app.app_context():
        shelf = {food: Ingredient(key=food, name=food.upper()) for food in FOODS}
        stored = []
        for diets, foods in itertools.product(subsets(DIETS), subsets(FOODS)):
            recipe = Recipe(title="", description="", search="", minutes=1, servings=1, steps=[])
            recipe.diet_tags = [DietTag(name=diet) for diet in diets]
            lines = [*foods, *sorted(foods)[:1]]  # the first food twice
            recipe.ingredients = [
                RecipeIngredient(position=place, ingredient=shelf[food])
                for place, food in enumerate(lines)
            ]
            stored.append((recipe, diets, foods))
        db.session.add_all(recipe for recipe, _, _ in stored)
        db.session.commit()
        yield {recipe.id: (diets, foods) for recipe, diets, foods in stored}


def found(*conditions):
    """Ids of the recipes that meet all conditions; a recipe twice would be a mistake."""
    ids = db.session.scalars(select(Recipe.id).where(*conditions)).all()

    assert len(ids) == len(set(ids)), "a recipe is found twice"
    return set(ids)


def takes(*names):
    """The conditions of ``?with=``."""
    return conditions(RecipeQuery.model_validate({"with": names}))


def test_all_diets_means_superset(recipes):
    for wanted in subsets(DIETS)[1:]:
        superset = {number for number, (diets, _) in recipes.items() if diets >= wanted}
        assert found(has_all_diets(wanted)) == superset, wanted


def test_all_ingredients_means_superset(recipes):
    for wanted in subsets(FOODS)[1:]:
        loud = [f" {food.upper()}" for food in wanted]
        superset = {number for number, (_, foods) in recipes.items() if foods >= wanted}
        assert found(*takes(*loud)) == superset, wanted


def test_no_ingredient_means_disjoint(recipes):
    for unwanted in subsets(FOODS)[1:]:
        loud = [f" {food.upper()}" for food in unwanted]
        disjoint = {number for number, (_, foods) in recipes.items() if not foods & unwanted}
        assert found(has_no_ingredient(loud)) == disjoint, unwanted


def test_filters_narrow_together(recipes):
    diets, others = random.sample(subsets(DIETS)[1:], 2)

    assert found(has_all_diets(diets), has_all_diets(others)) == found(
        has_all_diets(diets | others)
    )
    assert found(*takes("egg"), has_no_ingredient(["milk"])) == {
        number for number, (_, foods) in recipes.items() if "egg" in foods and "milk" not in foods
    }


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        (Recipe.cuisine == "thai", "ix_recipe_cuisine_id"),
        (Recipe.minutes <= 10, "ix_recipe_minutes_id"),
        (has_all_diets(["vegan"]), "ix_diet_tag_name_recipe_id"),
        (takes("egg")[0], "ix_recipe_ingredient_ingredient_id_recipe_id"),
    ],
    ids=["cuisine", "max_minutes", "diet", "with"],
)
def test_each_filter_has_its_index(app, condition, index):
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL reads tables this small without their indexes")
        query = select(Recipe.id).where(condition)
        sql = query.compile(db.engine, compile_kwargs={"literal_binds": True})
        plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {sql}")).scalars("detail").all()
    assert any(index in step for step in plan), plan
