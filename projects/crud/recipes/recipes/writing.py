"""From a checked request to rows: the recipe, what it owns, and the ingredients that it shares."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from common.api import fold
from common.database import insert

from .models import DietTag, Ingredient, Recipe, RecipeIngredient, db
from .schemas import RecipeIn, RecipePatch


def write(recipe: Recipe, body: RecipeIn | RecipePatch) -> None:
    """Put into ``recipe`` what ``body`` has; what a patch leaves out stays."""
    for name, value in body.model_dump().items():
        if name == "diets":
            recipe.diet_tags = [DietTag(name=diet) for diet in value]
        elif name == "ingredients":
            recipe.ingredients = lines(value)
        else:
            setattr(recipe, name, value)
    recipe.search = f"{fold(recipe.title)}\n{fold(recipe.description)}"


def lines(items: list[dict[str, Any]]) -> list[RecipeIngredient]:
    """Return a recipe's lines for the fields of ``IngredientIn``, in their order."""
    shared = ingredients_called(item["name"] for item in items)
    made = []
    for position, item in enumerate(items):
        line = RecipeIngredient(position=position, unit=item["unit"], note=item["note"])
        line.ingredient = shared[fold(item["name"])]
        quantity = item["quantity"]
        if quantity is not None:
            line.numerator = quantity.numerator
            line.denominator = quantity.denominator
        made.append(line)
    return made


def ingredients_called(names: Iterable[str]) -> dict[str, Ingredient]:
    """Return the one row for each of ``names`` by its key; what is not there yet is added.

    Two requests may both find no chickpeas and both add them: the unique key decides, and the one
    that comes second takes the row of the first. All add in the order of the keys, so that no two
    wait for each other.
    """
    spelt: dict[str, str] = {}
    for name in names:
        spelt.setdefault(fold(name), name)
    ingredients = stored(spelt)
    new = sorted(spelt.keys() - ingredients.keys())
    if new:
        rows = [{"key": key, "name": spelt[key]} for key in new]
        statement = insert(db, Ingredient).values(rows)
        db.session.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
        ingredients |= stored(new)
    return ingredients


def stored(keys: Iterable[str]) -> dict[str, Ingredient]:
    """Return the ingredients that there are, by key."""
    rows = db.session.scalars(select(Ingredient).where(Ingredient.key.in_(keys)))
    return {ingredient.key: ingredient for ingredient in rows}
