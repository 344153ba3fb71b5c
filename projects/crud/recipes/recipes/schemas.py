"""What the API takes, and what it refuses."""

import re
from fractions import Fraction
from typing import Annotated, Self

from pydantic import (
    MISSING,
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from common.fields import Schema
from common.pagination import PageQuery

from .names import folded, tidy
from .scaling import QUANTITY, UnitName, parse

LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"
TEXT = r"^[^\x00]*[^\x00\s][^\x00]*$"


def line(text: str) -> str:
    """Tidy a line of text; refuse one that is blank or not one line."""
    if not re.fullmatch(LINE, text):
        raise ValueError("must be one line of text that is not blank")
    return tidy(text)


def label(text: str) -> str:
    """Fold the name of a cuisine or a diet."""
    return folded(line(text))


def instruction(text: str) -> str:
    """Tidy a step, which may have several lines; refuse a blank one."""
    if not text.strip():
        raise ValueError("must not be blank")
    return text.strip()


def exact(value: object) -> Fraction:
    """Read a quantity from JSON. A float is refused: 0.1 is not one tenth in it."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError('must be text such as "1 1/2" or "0.25", or a whole number')
    return parse(str(value))


Quantity = Annotated[
    Fraction,
    PlainValidator(exact),
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
ONE_LINE: dict[str, JsonValue] = {"pattern": LINE}  # what line says, for machines
Title = Annotated[str, Field(max_length=120, json_schema_extra=ONE_LINE), AfterValidator(line)]
Name = Annotated[str, Field(max_length=80, json_schema_extra=ONE_LINE), AfterValidator(line)]
Note = Annotated[str, Field(max_length=200, json_schema_extra=ONE_LINE), AfterValidator(line)]
Label = Annotated[str, Field(max_length=40, json_schema_extra=ONE_LINE), AfterValidator(label)]
Description = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Step = Annotated[
    str, Field(max_length=2000, json_schema_extra={"pattern": TEXT}), AfterValidator(instruction)
]
Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60, description="From start to table.")]
Servings = Annotated[int, Field(ge=1, le=1000, description="How many people it feeds.")]
Diets = Annotated[
    list[Label],
    Field(max_length=20, description="In any case and order; answered in lower case, sorted."),
    AfterValidator(lambda labels: sorted(set(labels))),
]


class IngredientIn(Schema):
    """One line of the list. Without a quantity it means: as much as is needed."""

    model_config = ConfigDict(
        json_schema_extra={  # what unit_has_quantity says, for machines
            "anyOf": [
                {"properties": {"unit": {"type": "null"}}},
                {"properties": {"quantity": {"not": {"type": "null"}}}, "required": ["quantity"]},
            ]
        }
    )

    name: Name
    quantity: Quantity | None = None
    unit: UnitName | None = Field(None, description="null for what is counted: 3 eggs.")
    note: Note | None = None

    @model_validator(mode="after")
    def unit_has_quantity(self) -> Self:
        """Refuse cups of sugar without saying how many."""
        if self.unit is not None and self.quantity is None:
            raise ValueError(f"a unit needs a quantity: how many {self.unit}?")
        return self


Ingredients = Annotated[list[IngredientIn], Field(min_length=1, max_length=100)]
Steps = Annotated[list[Step], Field(min_length=1, max_length=100)]


EXAMPLE: dict[str, JsonValue] = {
    "title": "Garlic bread", "cuisine": "italian", "minutes": 15, "servings": 4, "diets": ["vegan"],
    "ingredients": [{"name": "bread", "quantity": "8", "unit": "slice"}, {"name": "garlic"}],
    "steps": ["Toast the bread.", "Rub it with garlic and oil."],
}  # fmt: skip


class RecipeIn(Schema):
    """A whole recipe, to save or to put in the place of another."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    title: Title
    description: Description = ""
    cuisine: Label | None = None
    minutes: Minutes
    servings: Servings
    diets: Diets = Field(default_factory=list)
    ingredients: Ingredients
    steps: Steps


class RecipePatch(Schema):
    """The fields to change. A list takes the place of the whole old list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 20}]})

    title: Title | MISSING = MISSING
    description: Description | MISSING = MISSING
    cuisine: Label | MISSING | None = MISSING
    minutes: Minutes | MISSING = MISSING
    servings: Servings | MISSING = MISSING
    diets: Diets | MISSING = MISSING
    ingredients: Ingredients | MISSING = MISSING
    steps: Steps | MISSING = MISSING


class RecipeQuery(PageQuery):
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
    q: str = Field("", max_length=100, description="Text in title or description, in any case.")


class IngredientQuery(PageQuery):
    """A search for ingredients."""

    q: str = Field("", max_length=100, description="Text in the name, in any case.")


class ServingsQuery(Schema):
    """The number of people to cook for."""

    servings: Servings | None = None
