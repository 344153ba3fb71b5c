"""The filters of the list: each is a condition on ``Recipe``, and all of them must hold."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, select

from common.api import fold

from .models import DietTag, Ingredient, Recipe, RecipeIngredient
from .schemas import RecipeQuery


def conditions(query: RecipeQuery) -> list[ColumnElement[bool]]:
    """Return what ``query`` asks for, ready for ``select(Recipe).where(*conditions(query))``."""
    wanted: list[ColumnElement[bool]] = []
    if query.cuisine is not None:
        wanted.append(Recipe.cuisine == query.cuisine)
    if query.diet:
        wanted.append(has_all_diets(query.diet))
    for name in query.with_:
        wanted.append(Recipe.id.in_(taking([name])))
    if query.without:
        wanted.append(has_no_ingredient(query.without))
    if query.max_minutes is not None:
        wanted.append(Recipe.minutes <= query.max_minutes)
    text = fold(query.q)
    if text:
        wanted.append(Recipe.search.contains(text, autoescape=True))  # % and _ are characters
    return wanted


def has_all_diets(diets: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a recipe suits every one of ``diets`` (at least one).

    ``diets`` are folded names, as in ``DietTag.name``. A recipe has one ``DietTag`` row for each of
    its diets, so no single row can be vegan and gluten-free: each diet needs a look of its own.
    A diet that no recipe has gives a condition that no recipe meets.
    """
    wanted = []
    for diet in diets:
        recipe_ids = select(DietTag.recipe_id).where(DietTag.name == diet)
        wanted.append(Recipe.id.in_(recipe_ids))
    return and_(*wanted)


def has_no_ingredient(names: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a recipe takes none of the ingredients called ``names``.

    Names are compared folded (``fold`` gives ``Ingredient.key``). The question is about the
    whole recipe, not about one of its rows: pancakes have a row that is not egg (the flour), and
    yet they are not free of egg. A name that no ingredient has excludes nothing.
    """
    return Recipe.id.not_in(taking(names))


def taking(names: Iterable[str]) -> Select[int]:
    """Select the ids of recipes that take at least one of the ingredients called ``names``."""
    keys = [fold(name) for name in names]
    return (
        select(RecipeIngredient.recipe_id)
        .join(RecipeIngredient.ingredient)
        .where(Ingredient.key.in_(keys))
    )
