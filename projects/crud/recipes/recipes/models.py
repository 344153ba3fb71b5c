"""What is stored: recipes, the rows that each of them owns, and the ingredients that they share."""

from fractions import Fraction
from typing import get_args

from sqlalchemy import JSON, CheckConstraint, Enum, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database import make_db

from .scaling import Amount, UnitName, written

db = make_db()

OWNED = "all, delete-orphan"  # what a recipe does not have any more is deleted


class Recipe(db.Model):
    """A recipe as its author wrote it, for ``servings`` people."""

    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 10080", name="minutes"),
        CheckConstraint("servings BETWEEN 1 AND 1000", name="servings"),
        Index(None, "cuisine", "id"),
        Index(None, "minutes", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(1000))
    cuisine: Mapped[str | None] = mapped_column(String(120))  # folded
    minutes: Mapped[int]
    servings: Mapped[int]
    steps: Mapped[list[str]] = mapped_column(JSON)  # read and written as a whole, never searched
    search: Mapped[str]  # title and description, folded: what ?q= looks into

    # A query states what it loads: "raise" makes a forgotten relation an error, and not one more
    # query per row (N+1).
    diet_tags: Mapped[list["DietTag"]] = relationship(cascade=OWNED, lazy="raise")
    ingredients: Mapped[list["RecipeIngredient"]] = relationship(
        cascade=OWNED, lazy="raise", order_by="RecipeIngredient.position"
    )

    @property
    def original_servings(self) -> int:
        """What an answer says beside the servings that were asked for."""
        return self.servings

    @property
    def diets(self) -> list[str]:
        """The names of the diet tags, sorted."""
        return sorted(tag.name for tag in self.diet_tags)


class DietTag(db.Model):
    """A diet that one recipe suits. A diet that no recipe has is gone by itself."""

    __table_args__ = (Index(None, "name", "recipe_id"),)

    recipe_id: Mapped[int] = mapped_column(
        ForeignKey(Recipe.id, ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(120), primary_key=True)  # folded


class Ingredient(db.Model):
    """Something that recipes share: one row, whatever its spelling. It outlives the recipes."""

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(240), unique=True)  # the folded name
    name: Mapped[str] = mapped_column(String(80))  # as it was first written


class RecipeIngredient(db.Model):
    """How much of an ingredient a recipe takes; no quantity means as much as is needed."""

    __table_args__ = (
        CheckConstraint("(numerator IS NULL) = (denominator IS NULL)", name="whole_fraction"),
        CheckConstraint("numerator > 0 AND denominator BETWEEN 1 AND 1000", name="fraction"),
        Index(None, "ingredient_id", "recipe_id"),
    )

    recipe_id: Mapped[int] = mapped_column(
        ForeignKey(Recipe.id, ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    ingredient_id: Mapped[int] = mapped_column(ForeignKey(Ingredient.id))
    numerator: Mapped[int | None]
    denominator: Mapped[int | None]
    unit: Mapped[UnitName | None] = mapped_column(
        Enum(
            *get_args(UnitName),
            name="unit",
            length=10,
            native_enum=False,
            create_constraint=True,
        )
    )
    note: Mapped[str | None] = mapped_column(String(200))

    ingredient: Mapped[Ingredient] = relationship(lazy="raise")

    @property
    def name(self) -> str:
        """The name of the ingredient."""
        return self.ingredient.name

    @property
    def amount(self) -> Amount | None:
        """The exact amount; None where it is up to the cook."""
        if self.numerator is None or self.denominator is None:
            return None
        return Amount(Fraction(self.numerator, self.denominator), self.unit)

    @property
    def quantity(self) -> str | None:
        """The exact quantity in lowest terms."""
        return str(self.amount.quantity) if self.amount else None

    @property
    def display(self) -> str:
        """What its author wrote."""
        return written(self.amount) if self.amount else "as needed"
