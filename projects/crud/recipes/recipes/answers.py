"""What the API answers: exact amounts for machines, rounded ones for the kitchen."""

from fractions import Fraction
from typing import Self

from pydantic import Field

from common.fields import Schema

from . import scaling
from .models import Recipe, RecipeIngredient
from .scaling import UnitName

AS_NEEDED = "as needed"


class RecipeSummary(Schema):
    """A recipe in a list: all of it but ingredients and steps."""

    id: int
    title: str
    description: str
    cuisine: str | None
    minutes: int
    servings: int
    diets: list[str]


class IngredientOut(Schema):
    """One line of the list, scaled."""

    name: str
    quantity: str | None = Field(description='Exact, in lowest terms: "3" or "3/2".')
    unit: UnitName | None
    display: str = Field(description='What to measure: "1½ cups"; "about 3" if not exact.')
    note: str | None

    @classmethod
    def of(cls, item: RecipeIngredient, factor: Fraction) -> Self:
        """Show ``factor`` times ``item``. Once, it reads as its author wrote it."""
        name, note, amount = item.ingredient.name, item.note, item.amount
        if amount is None:
            return cls(name=name, quantity=None, unit=None, display=AS_NEEDED, note=note)
        if factor != 1:
            amount = scaling.scale(amount, factor)
        exact, shown = str(amount.quantity), scaling.display(amount)
        return cls(name=name, quantity=exact, unit=amount.unit, display=shown, note=note)


class RecipeOut(RecipeSummary):
    """A recipe for ``servings`` people; it was written for ``original_servings``."""

    original_servings: int
    ingredients: list[IngredientOut]
    steps: list[str]

    @classmethod
    def of(cls, recipe: Recipe, servings: int | None = None) -> Self:
        """Show ``recipe`` for so many people; the recipe itself is not changed."""
        summary = RecipeSummary.model_validate(recipe).model_dump()
        summary["servings"] = servings or recipe.servings
        factor = Fraction(summary["servings"], recipe.servings)
        return cls(
            **summary,
            original_servings=recipe.servings,
            ingredients=[IngredientOut.of(item, factor) for item in recipe.ingredients],
            steps=recipe.steps,
        )


class IngredientName(Schema):
    """An ingredient that some recipe takes, or took."""

    name: str


class LabelCount(Schema):
    """A cuisine or a diet, and how many recipes have it."""

    name: str
    recipes: int
