"""Unit tests of the schema: what must never be false is refused by the database itself."""

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError

from recipes.models import DietTag, Ingredient, Recipe, RecipeIngredient, db

BREAD = {"title": "Bread", "description": "", "search": "bread", "steps": ["Bake it."]}
FLOUR = {"position": 0, "numerator": 1, "denominator": 3, "unit": "cup"}


@pytest.fixture(autouse=True)
def bread(app):
    """A stored recipe that takes a third of a cup of flour."""
    with app.app_context():
        flour = Ingredient(key="flour", name="Flour")
        tags = [DietTag(name="vegan")]
        lines = [RecipeIngredient(ingredient=flour, **FLOUR)]
        recipe = Recipe(**BREAD, minutes=60, servings=4, diet_tags=tags, ingredients=lines)
        db.session.add(recipe)
        db.session.commit()
        yield
        db.session.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "recipe SET servings = 0",
        "recipe SET servings = 1001",
        "recipe SET minutes = 0",
        "recipe SET minutes = 10081",
        "recipe_ingredient SET numerator = 0",
        "recipe_ingredient SET numerator = -1",
        "recipe_ingredient SET numerator = NULL",
        "recipe_ingredient SET denominator = 0",
        "recipe_ingredient SET denominator = 1001",
        "recipe_ingredient SET denominator = NULL",
        "recipe_ingredient SET unit = 'stone'",
    ],
)
def test_nonsense_cannot_be_stored(change):
    with pytest.raises(IntegrityError):
        db.session.execute(text(f"UPDATE {change}"))


def test_second_row_of_one_ingredient_cannot_be_stored():
    with pytest.raises(IntegrityError):
        db.session.execute(db.insert(Ingredient).values(key="flour", name="FLOUR"))


def test_ingredient_in_use_cannot_be_deleted():
    with pytest.raises(IntegrityError):
        db.session.execute(delete(Ingredient))


def test_rows_of_recipe_go_with_it_and_its_ingredients_stay():
    db.session.execute(delete(Recipe))
    left = {
        table.__name__: db.session.scalar(select(func.count()).select_from(table))
        for table in (DietTag, RecipeIngredient, Ingredient)
    }
    assert left == {"DietTag": 0, "RecipeIngredient": 0, "Ingredient": 1}
