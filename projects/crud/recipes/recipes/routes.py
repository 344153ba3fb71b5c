"""The HTTP interface."""

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from common.api import Created, Produces, endpoint
from common.errors import Problem
from common.pagination import Page, paginate

from .answers import IngredientName, LabelCount, RecipeOut, RecipeSummary
from .filters import conditions
from .models import DietTag, Ingredient, Recipe, RecipeIngredient, db
from .names import folded
from .schemas import IngredientQuery, RecipeIn, RecipePatch, RecipeQuery, ServingsQuery
from .writing import write

bp = Blueprint("recipes", __name__)

# A whole recipe takes three queries, however long it is.
WHOLE = (
    selectinload(Recipe.diet_tags),
    selectinload(Recipe.ingredients).joinedload(RecipeIngredient.ingredient),
)
MOST_LABELS = 100
PAGE = Produces("A page to find recipes and to cook from", "text/html")


@bp.get("/")
@endpoint(responses={200: PAGE}, any_query=True)
def index() -> Response:
    """Show the cookbook to people."""
    return Response(render_template("index.html"))


@bp.get("/recipes")
@endpoint
def list_recipes(query: RecipeQuery) -> Page[RecipeSummary]:
    """List recipes, the newest first (by descending id), without ingredients and steps.

    All filters must hold. A cuisine, diet or ingredient that nobody has used finds nothing.
    """
    statement = select(Recipe).where(*conditions(query)).order_by(Recipe.id.desc())
    statement = statement.options(selectinload(Recipe.diet_tags))
    return paginate(db.session, statement, query, RecipeSummary)


@bp.post("/recipes")
@endpoint
def create_recipe(body: RecipeIn) -> Created[RecipeOut]:
    """Save a recipe."""
    recipe = Recipe()
    write(recipe, body)
    db.session.add(recipe)
    db.session.commit()
    return Created(RecipeOut.of(recipe), location=url_for(".show_recipe", recipe_id=recipe.id))


@bp.get("/recipes/<int:recipe_id>")
@endpoint
def show_recipe(recipe_id: int, query: ServingsQuery) -> RecipeOut:
    """Show a recipe, scaled to ``servings`` if they are given.

    The amounts are exact in ``quantity`` and ready for the kitchen in ``display``.
    """
    return RecipeOut.of(_find(recipe_id), query.servings)


@bp.put("/recipes/<int:recipe_id>")
@endpoint
def replace_recipe(recipe_id: int, body: RecipeIn) -> RecipeOut:
    """Put another recipe in the place of this one."""
    return _change(recipe_id, body)


@bp.patch("/recipes/<int:recipe_id>")
@endpoint
def change_recipe(recipe_id: int, body: RecipePatch) -> RecipeOut:
    """Change the fields that are sent; new ``servings`` do not change the amounts."""
    return _change(recipe_id, body)


@bp.delete("/recipes/<int:recipe_id>")
@endpoint
def delete_recipe(recipe_id: int) -> None:
    """Delete a recipe; its ingredients stay for the others."""
    gone = delete(Recipe).where(Recipe.id == recipe_id).returning(Recipe.id)
    if db.session.scalar(gone) is None:
        raise Problem(404, "There is no such recipe.")
    db.session.commit()


@bp.get("/cuisines")
@endpoint
def list_cuisines() -> list[LabelCount]:
    """Tell the hundred commonest cuisines, each with the number of its recipes."""
    return _commonest(Recipe.cuisine)


@bp.get("/diets")
@endpoint
def list_diets() -> list[LabelCount]:
    """Tell the hundred commonest diets, each with the number of its recipes."""
    return _commonest(DietTag.name)


@bp.get("/ingredients")
@endpoint
def list_ingredients(query: IngredientQuery) -> Page[IngredientName]:
    """List the ingredients that there are, by name."""
    statement = select(Ingredient).order_by(Ingredient.key)
    if text := folded(query.q):
        statement = statement.where(Ingredient.key.contains(text, autoescape=True))
    return paginate(db.session, statement, query, IngredientName)


def _commonest(label: InstrumentedAttribute[Any]) -> list[LabelCount]:
    recipes = func.count().label("recipes")
    counted = select(label.label("name"), recipes).where(label.is_not(None)).group_by(label)
    rows = db.session.execute(counted.order_by(recipes.desc(), label).limit(MOST_LABELS))
    return [LabelCount.model_validate(row) for row in rows]


def _change(recipe_id: int, body: RecipeIn | RecipePatch) -> RecipeOut:
    recipe = _find(recipe_id, lock=True)
    write(recipe, body)
    db.session.commit()
    return RecipeOut.of(recipe)


def _find(recipe_id: int, *, lock: bool = False) -> Recipe:
    """Return the whole recipe, or answer 404. ``lock`` keeps it as it is until the commit."""
    recipe = db.session.get(Recipe, recipe_id, options=WHOLE, with_for_update=lock)
    if recipe is None:
        raise Problem(404, "There is no such recipe.")
    return recipe
