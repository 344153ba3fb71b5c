"""From a checked request to rows: the recipe, what it owns, and the ingredients that it shares."""

from collections.abc import Iterable

from pydantic import MISSING
from sqlalchemy import select

from common.database import insert

from .models import DietTag, Ingredient, Recipe, RecipeIngredient, db
from .names import folded
from .schemas import IngredientIn, RecipeIn, RecipePatch


def write(recipe: Recipe, body: RecipeIn | RecipePatch) -> None:
    """Put into ``recipe`` what ``body`` has; what a patch leaves out stays."""
    fields = {name: value for name, value in body if value is not MISSING}
    if "diets" in fields:
        recipe.diet_tags = [DietTag(name=diet) for diet in fields.pop("diets")]
    if "ingredients" in fields:
        recipe.ingredients = _lines(fields.pop("ingredients"))
    for name, value in fields.items():
        setattr(recipe, name, value)
    recipe.search = f"{folded(recipe.title)}\n{folded(recipe.description)}"


def _lines(items: list[IngredientIn]) -> list[RecipeIngredient]:
    shared = ingredients_called(item.name for item in items)
    return [
        RecipeIngredient(
            position=position,
            ingredient=shared[folded(item.name)],
            numerator=item.quantity.numerator if item.quantity else None,
            denominator=item.quantity.denominator if item.quantity else None,
            unit=item.unit,
            note=item.note,
        )
        for position, item in enumerate(items)
    ]


def ingredients_called(names: Iterable[str]) -> dict[str, Ingredient]:
    """Return the one row for each of ``names`` by its key; what is not there yet is added.

    Two requests may both find no chickpeas and both add them: the unique key decides, and the one
    that comes second takes the row of the first. All add in the order of the keys, so that no two
    wait for each other.
    """
    spelt: dict[str, str] = {}
    for name in names:
        spelt.setdefault(folded(name), name)
    found = _stored(spelt)
    if new := sorted(spelt.keys() - found.keys()):
        rows = [{"key": key, "name": spelt[key]} for key in new]
        added = insert(db, Ingredient).values(rows)
        db.session.execute(added.on_conflict_do_nothing(index_elements=["key"]))
        found |= _stored(new)
    return found


def _stored(keys: Iterable[str]) -> dict[str, Ingredient]:
    rows = db.session.scalars(select(Ingredient).where(Ingredient.key.in_(keys)))
    return {ingredient.key: ingredient for ingredient in rows}
