"""What the API takes, what it refuses, and what it answers."""

from fractions import Fraction
from typing import Annotated

from pydantic import (
    AfterValidator,
    Field,
    JsonValue,
    PlainValidator,
    WithJsonSchema,
)

from common.api import Line, Schema, Text, TextOrEmpty, fold
from common.pagination import PageQuery

from . import scaling
from .scaling import QUANTITY, Amount, UnitName, parse


def exact(value: object) -> Fraction:
    """Read a quantity from JSON. A float is refused: 0.1 is not one tenth in it."""
    if type(value) not in (int, str):  # isinstance takes True for a number
        raise ValueError('is neither text such as "1 1/2" or "0.25" nor a whole number')
    return parse(str(value))


QUANTITY_SCHEMA: dict[str, JsonValue] = {  # for machines; parse knows more, hence the format
    "anyOf": [
        {"type": "string", "format": "quantity", "pattern": QUANTITY},
        {"type": "integer", "minimum": 1, "maximum": 999_999},
    ],
    "description": 'Exact: "3", "1/3", "1 1/2", "1½" or "0.25"; or a whole number.',
    "examples": ["1 1/2"],
}
Quantity = Annotated[Fraction, PlainValidator(exact), WithJsonSchema(QUANTITY_SCHEMA)]
Name = Annotated[Line, Field(max_length=80)]
Label = Annotated[Line, Field(max_length=40), AfterValidator(fold)]  # a cuisine or a diet
Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60, description="From start to table.")]
Servings = Annotated[int, Field(ge=1, le=1000, description="How many people it feeds.")]


class IngredientIn(Schema):
    """One line of the list. Without a quantity it means: as much as is needed."""

    name: Name
    quantity: Quantity | None = None
    unit: UnitName | None = Field(None, description="null for what is counted: 3 eggs.")
    note: Annotated[Line, Field(max_length=200)] | None = None


class RecipeIn(Schema):
    """A whole recipe, to save or to put in the place of another."""

    title: Line = Field(max_length=120)
    description: TextOrEmpty = Field("", max_length=1000)
    cuisine: Label | None = None
    minutes: Minutes
    servings: Servings
    diets: list[Label] = Field([], max_length=20, description="In any case and order.")
    ingredients: list[IngredientIn] = Field(min_length=1, max_length=100)
    steps: list[Annotated[Text, Field(max_length=2000)]] = Field(min_length=1, max_length=100)


class RecipePatch(RecipeIn, partial=True):
    """The fields to change. A list takes the place of the whole old list."""


class SearchQuery(PageQuery):
    """Text to look for."""

    q: TextOrEmpty = Field("", max_length=100, description="A part of the text, in any case.")


class RecipeQuery(SearchQuery):
    """Filters, all of which must hold."""

    cuisine: Label | None = None
    diet: list[Label] = Field([], max_length=20, description="Suits all of these. Repeatable.")
    with_: list[Name] = Field(
        [], alias="with", max_length=20, description="Takes all of these ingredients. Repeatable."
    )
    without: list[Name] = Field(
        [], max_length=20, description="Takes none of these ingredients. Repeatable."
    )
    max_minutes: Minutes | None = None


class ServingsQuery(Schema):
    """The number of people to cook for."""

    servings: Servings | None = None


class RecipeSummaryOut(Schema):
    """A recipe in a list: all of it but ingredients and steps."""

    id: int
    title: str
    description: str
    cuisine: str | None
    minutes: int
    servings: int
    diets: list[str]


class IngredientOut(Schema):
    """One line of the list, with its exact amount and what a cook measures."""

    name: str
    quantity: str | None = Field(description='Exact, in lowest terms: "3" or "3/2".')
    unit: UnitName | None
    display: str = Field(description='What to measure: "1½ cups"; "about 3" if not exact.')
    note: str | None

    def scale(self, factor: Fraction) -> None:
        """Change the amount of this line to ``factor`` times as much."""
        if self.quantity is None:
            return
        own = Amount(Fraction(self.quantity), self.unit)
        amount = scaling.scale(own, factor)
        self.quantity = str(amount.quantity)
        self.unit = amount.unit
        self.display = scaling.display(amount)


class RecipeOut(RecipeSummaryOut):
    """A recipe for ``servings`` people; it was written for ``original_servings``."""

    original_servings: int
    ingredients: list[IngredientOut]
    steps: list[str]

    def scale_to(self, servings: int) -> None:
        """Change this answer to one for so many people. At its own servings it stays as it is."""
        factor = Fraction(servings, self.servings)
        self.servings = servings
        if factor != 1:
            for line in self.ingredients:
                line.scale(factor)


class IngredientNameOut(Schema):
    """An ingredient that some recipe takes, or took."""

    name: str


class LabelOut(Schema):
    """A cuisine or a diet, and how many recipes have it."""

    name: str
    recipes: int
