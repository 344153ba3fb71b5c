"""A recipe as it is answered: exact amounts for machines, rounded ones for the kitchen."""

from fractions import Fraction

from . import scaling
from .models import Recipe, RecipeIngredient
from .schemas import IngredientOut, RecipeOut, RecipeSummaryOut

AS_NEEDED = "as needed"


def recipe_for(servings: int, recipe: Recipe) -> RecipeOut:
    """Show ``recipe`` for so many people; the recipe itself is not changed."""
    factor = Fraction(servings, recipe.servings)
    summary = RecipeSummaryOut.model_validate(recipe).model_dump()
    summary["servings"] = servings
    return RecipeOut(
        **summary,
        original_servings=recipe.servings,
        ingredients=[line_for(factor, item) for item in recipe.ingredients],
        steps=recipe.steps,
    )


def line_for(factor: Fraction, item: RecipeIngredient) -> IngredientOut:
    """Show ``factor`` times ``item``. Once, it reads as its author wrote it."""
    amount = item.amount
    quantity = None
    display = AS_NEEDED
    if amount is not None and factor == 1:
        quantity = str(amount.quantity)
        display = scaling.written(amount)
    elif amount is not None:
        amount = scaling.scale(amount, factor)
        quantity = str(amount.quantity)
        display = scaling.display(amount)
    return IngredientOut(
        name=item.ingredient.name,
        quantity=quantity,
        unit=amount.unit if amount else None,
        display=display,
        note=item.note,
    )
