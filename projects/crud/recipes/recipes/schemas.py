"""What the API takes, what it refuses, and what it answers."""

from fractions import Fraction
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from common.api import Line, Schema, Text, TextOrEmpty, fold
from common.pagination import PageQuery

from .scaling import QUANTITY, UnitName, parse


def exact(value: object) -> Fraction:
    """Read a quantity from JSON. A float is refused: 0.1 is not one tenth in it."""
    if isinstance(value, bool) or not isinstance(value, int | str):
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
Title = Annotated[Line, Field(max_length=120)]
Description = Annotated[TextOrEmpty, Field(max_length=1000)]
Name = Annotated[Line, Field(max_length=80)]
Note = Annotated[Line, Field(max_length=200)]
Label = Annotated[Line, Field(max_length=40), AfterValidator(fold)]  # a cuisine or a diet
Step = Annotated[Text, Field(max_length=2000)]
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
            raise ValueError(f"has a unit without a quantity: how many {self.unit}?")
        return self


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
    ingredients: list[IngredientIn] = Field(min_length=1, max_length=100)
    steps: list[Step] = Field(min_length=1, max_length=100)


class RecipePatch(RecipeIn, partial=True):
    """The fields to change. A list takes the place of the whole old list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 20}]})


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
    """One line of the list, scaled."""

    name: str
    quantity: str | None = Field(description='Exact, in lowest terms: "3" or "3/2".')
    unit: UnitName | None
    display: str = Field(description='What to measure: "1½ cups"; "about 3" if not exact.')
    note: str | None


class RecipeOut(RecipeSummaryOut):
    """A recipe for ``servings`` people; it was written for ``original_servings``."""

    original_servings: int
    ingredients: list[IngredientOut]
    steps: list[str]


class IngredientNameOut(Schema):
    """An ingredient that some recipe takes, or took."""

    name: str


class LabelOut(Schema):
    """A cuisine or a diet, and how many recipes have it."""

    name: str
    recipes: int
