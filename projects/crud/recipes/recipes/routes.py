"""The HTTP interface."""

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from common.api import Created, Page, Produces, endpoint, fold
from common.pagination import paginate

from .filters import conditions
from .models import DietTag, Ingredient, Recipe, RecipeIngredient, db
from .schemas import (
    IngredientNameOut,
    LabelOut,
    RecipeIn,
    RecipeOut,
    RecipePatch,
    RecipeQuery,
    RecipeSummaryOut,
    SearchQuery,
    ServingsQuery,
)
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
def list_recipes(query: RecipeQuery) -> Page[RecipeSummaryOut]:
    """List recipes, the newest first (by descending id), without ingredients and steps.

    All filters must hold; ``q`` is looked for in title and description. A cuisine, diet or
    ingredient that nobody has used finds nothing.
    """
    statement = (
        select(Recipe)
        .where(*conditions(query))
        .order_by(Recipe.id.desc())
        .options(selectinload(Recipe.diet_tags))
    )
    return paginate(db.session, statement, query, RecipeSummaryOut)


@bp.post("/recipes")
@endpoint
def create_recipe(body: RecipeIn) -> Created[RecipeOut]:
    """Save a recipe."""
    recipe = Recipe()
    write(recipe, body)
    db.session.add(recipe)
    db.session.commit()
    answer = RecipeOut.model_validate(recipe)
    return Created(answer, location=url_for(".show_recipe", recipe_id=recipe.id))


@bp.get("/recipes/<int:recipe_id>")
@endpoint
def show_recipe(recipe_id: int, query: ServingsQuery) -> RecipeOut:
    """Show a recipe, scaled to ``servings`` if they are given.

    The amounts are exact in ``quantity`` and ready for the kitchen in ``display``.
    """
    answer = RecipeOut.model_validate(find_recipe(recipe_id))
    if query.servings is not None:
        answer.scale_to(query.servings)
    return answer


@bp.put("/recipes/<int:recipe_id>")
@endpoint
def replace_recipe(recipe_id: int, body: RecipeIn) -> RecipeOut:
    """Put another recipe in the place of this one."""
    return rewrite(recipe_id, body)


@bp.patch("/recipes/<int:recipe_id>")
@endpoint
def change_recipe(recipe_id: int, body: RecipePatch) -> RecipeOut:
    """Change the fields that are sent; new ``servings`` do not change the amounts."""
    return rewrite(recipe_id, body)


@bp.delete("/recipes/<int:recipe_id>")
@endpoint
def delete_recipe(recipe_id: int) -> None:
    """Delete a recipe; its ingredients stay for the others."""
    db.session.delete(find_recipe(recipe_id, lock=True))
    db.session.commit()


@bp.get("/cuisines")
@endpoint
def list_cuisines() -> list[LabelOut]:
    """Tell the hundred commonest cuisines, each with the number of its recipes."""
    return commonest(Recipe.cuisine)


@bp.get("/diets")
@endpoint
def list_diets() -> list[LabelOut]:
    """Tell the hundred commonest diets, each with the number of its recipes."""
    return commonest(DietTag.name)


@bp.get("/ingredients")
@endpoint
def list_ingredients(query: SearchQuery) -> Page[IngredientNameOut]:
    """List the ingredients that there are, by name."""
    statement = select(Ingredient).order_by(Ingredient.key)
    text = fold(query.q)
    if text:
        statement = statement.where(Ingredient.key.contains(text, autoescape=True))
    return paginate(db.session, statement, query, IngredientNameOut)


def commonest(label: Any) -> list[LabelOut]:
    """Count the recipes of each label; return the hundred labels that most of them have."""
    recipes = func.count().label("recipes")
    statement = (
        select(label.label("name"), recipes)
        .where(label.is_not(None))
        .group_by(label)
        .order_by(recipes.desc(), label)
        .limit(MOST_LABELS)
    )
    rows = db.session.execute(statement)
    return [LabelOut.model_validate(row) for row in rows]


def rewrite(recipe_id: int, body: RecipeIn | RecipePatch) -> RecipeOut:
    """Put ``body`` into a stored recipe."""
    recipe = find_recipe(recipe_id, lock=True)
    write(recipe, body)
    db.session.commit()
    return RecipeOut.model_validate(recipe)


def find_recipe(recipe_id: int, *, lock: bool = False) -> Recipe:
    """Return the whole recipe, or answer 404. ``lock`` keeps it as it is until the commit."""
    return db.get_or_404(Recipe, recipe_id, options=WHOLE, lock=lock)
