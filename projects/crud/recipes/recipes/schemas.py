"""What the API takes and gives, and what it refuses."""

from fractions import Fraction
from typing import Annotated, Self

from common.pagination import PageQuery
from common.schema import Schema
from pydantic import (
    MISSING,
    AfterValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from .models import Recipe, RecipeIngredient
from .names import folded, tidy
from .scaling import QUANTITY, UnitName, display, parse, scale

LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"  # not blank
TEXT = r"^[^\x00]*[^\x00\s][^\x00]*$"  # not blank, newlines welcome
AS_NEEDED = "as needed"


def _quantity(value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(
            'send text such as "1 1/2" or "0.25", or a whole number: a float is not exact'
        )
    return parse(str(value))


Quantity = Annotated[
    Fraction,
    PlainValidator(_quantity),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": QUANTITY},
                {"type": "integer", "minimum": 1, "maximum": 999_999},
            ],
            "description": 'Exact: "3", "1/3", "1 1/2" or "0.25"; or a whole number.',
            "examples": ["1 1/2"],
        }
    ),
]
Title = Annotated[str, StringConstraints(max_length=120, pattern=LINE), AfterValidator(tidy)]
Name = Annotated[str, StringConstraints(max_length=80, pattern=LINE), AfterValidator(tidy)]
Note = Annotated[str, StringConstraints(max_length=200, pattern=LINE), AfterValidator(tidy)]
Label = Annotated[str, StringConstraints(max_length=40, pattern=LINE), AfterValidator(folded)]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=TEXT), AfterValidator(str.strip)]
Description = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60, description="From start to table.")]
Servings = Annotated[int, Field(ge=1, le=1000, description="How many people it feeds.")]
Diets = Annotated[
    list[Label],
    Field(max_length=20, description="In any case and order; answered in lower case, sorted."),
    AfterValidator(lambda labels: sorted(set(labels))),
]


class IngredientIn(Schema):
    """One line of a list of ingredients. Without a quantity it means: as much as is needed."""

    model_config = ConfigDict(
        json_schema_extra={  # what needs_a_quantity says, for machines
            "anyOf": [
                {"properties": {"unit": {"type": "null"}}},
                {"properties": {"quantity": {"not": {"type": "null"}}}, "required": ["quantity"]},
            ]
        }
    )

    name: Name
    quantity: Quantity | None = None
    unit: UnitName | None = Field(None, description="None for what is counted: 3 eggs.")
    note: Note | None = None

    @model_validator(mode="after")
    def needs_a_quantity(self) -> Self:
        """Refuse ``cups of sugar``."""
        if self.unit is not None and self.quantity is None:
            raise ValueError(f"a unit needs a quantity: how many {self.unit}?")
        return self


Ingredients = Annotated[list[IngredientIn], Field(min_length=1, max_length=100)]
Steps = Annotated[list[Text], Field(min_length=1, max_length=100)]


class RecipeIn(Schema):
    """A whole recipe, to save or to put in the place of another."""

    title: Title
    description: Description = ""
    cuisine: Label | None = None
    minutes: Minutes
    servings: Servings
    diets: Diets = []
    ingredients: Ingredients
    steps: Steps


class RecipePatch(Schema):
    """The fields to change. A list takes the place of the whole old list."""

    title: Title | MISSING = MISSING
    description: Description | MISSING = MISSING
    cuisine: Label | None | MISSING = MISSING
    minutes: Minutes | MISSING = MISSING
    servings: Servings | MISSING = MISSING
    diets: Diets | MISSING = MISSING
    ingredients: Ingredients | MISSING = MISSING
    steps: Steps | MISSING = MISSING


class RecipeQuery(PageQuery):
    """Filters, all of which must hold."""

    cuisine: Label | None = None
    diet: list[Label] = Field([], max_length=20, description="Repeated: suits every one of them.")
    with_: list[Name] = Field(
        [],
        alias="with",
        max_length=20,
        description="Repeated: takes every one of these ingredients.",
    )
    without: list[Name] = Field(
        [], max_length=20, description="Repeated: takes none of these ingredients."
    )
    max_minutes: Minutes | None = None
    q: str = Field("", max_length=100, description="Text in title or description, in any case.")


class IngredientQuery(PageQuery):
    """A search for ingredients."""

    q: str = Field("", max_length=100, description="Text in the name, in any case.")


class ServingsQuery(Schema):
    """The number of people to cook for."""

    servings: Servings | None = None


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
    """One line of a list of ingredients: exact for machines, rounded for the kitchen."""

    name: str
    quantity: str | None = Field(description='Exact, in lowest terms: "3" or "3/2".')
    unit: UnitName | None
    display: str = Field(description='What to measure: "1½ cups", or "about 3" if not exact.')
    note: str | None

    @classmethod
    def of(cls, item: RecipeIngredient, factor: Fraction) -> Self:
        """Show ``factor`` times ``item``; once, it reads as its author wrote it."""
        amount = item.amount
        if amount and factor != 1:
            amount = scale(amount, factor)
        return cls(
            name=item.ingredient.name,
            quantity=str(amount.quantity) if amount else None,
            unit=amount.unit if amount else None,
            display=display(amount) if amount else AS_NEEDED,
            note=item.note,
        )


class RecipeOut(RecipeSummary):
    """A recipe for ``servings`` people, scaled from the ``original_servings`` it was written for."""

    original_servings: int
    ingredients: list[IngredientOut]
    steps: list[str]

    @classmethod
    def of(cls, recipe: Recipe, servings: int | None = None) -> Self:
        """Show ``recipe`` for so many people; the recipe itself is not changed."""
        servings = servings or recipe.servings
        factor = Fraction(servings, recipe.servings)
        summary = RecipeSummary.model_validate(recipe).model_dump()
        return cls(
            **summary | {"servings": servings},
            original_servings=recipe.servings,
            ingredients=[IngredientOut.of(item, factor) for item in recipe.ingredients],
            steps=[step.text for step in recipe.steps],
        )


class NameOut(Schema):
    """An ingredient that some recipe takes or took."""

    name: str


class LabelCount(Schema):
    """A cuisine or a diet, and how many recipes have it."""

    name: str
    recipes: int
