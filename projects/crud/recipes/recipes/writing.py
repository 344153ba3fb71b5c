"""From a checked request to rows: the recipe, what it owns, and the ingredients that it shares."""

from collections.abc import Iterable

from pydantic import MISSING
from sqlalchemy import select

from common.api import fold
from common.database import insert

from .models import DietTag, Ingredient, Recipe, RecipeIngredient, db
from .schemas import IngredientIn, RecipeIn, RecipePatch


def write(recipe: Recipe, body: RecipeIn | RecipePatch) -> None:
    """Put into ``recipe`` what ``body`` has; what a patch leaves out stays."""
    for name, value in body:  # not model_dump(), which writes a Fraction as text
        if value is MISSING:
            continue
        if name == "diets":
            recipe.diet_tags = [DietTag(name=diet) for diet in set(value)]
        elif name == "ingredients":
            recipe.ingredients = lines(value)
        else:
            setattr(recipe, name, value)
    recipe.search = f"{fold(recipe.title)}\n{fold(recipe.description)}"


def lines(items: list[IngredientIn]) -> list[RecipeIngredient]:
    """Return the lines of a recipe, in the order of ``items``."""
    shared = ingredients_called(item.name for item in items)
    made = []
    for position, item in enumerate(items):
        line = RecipeIngredient(position=position, unit=item.unit, note=item.note)
        line.ingredient = shared[fold(item.name)]
        line.numerator = None  # said, for it may take the place of a line that has one
        line.denominator = None
        if item.quantity is not None:
            line.numerator = item.quantity.numerator
            line.denominator = item.quantity.denominator
        made.append(line)
    return made


def ingredients_called(names: Iterable[str]) -> dict[str, Ingredient]:
    """Return the one row for each of ``names`` by its key; what is not there yet is added.

    Two requests may both add chickpeas: the unique key decides, and the one that comes second takes
    the row of the first. All add in the order of the keys, so that no two wait for each other.
    """
    spelt: dict[str, str] = {}
    for name in names:
        spelt.setdefault(fold(name), name)
    rows = [{"key": key, "name": name} for key, name in sorted(spelt.items())]
    addition = insert(db, Ingredient).values(rows)
    db.session.execute(addition.on_conflict_do_nothing(index_elements=["key"]))
    statement = select(Ingredient).where(Ingredient.key.in_(spelt))
    ingredients = db.session.scalars(statement)
    return {ingredient.key: ingredient for ingredient in ingredients}
