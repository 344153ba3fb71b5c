"""Demo data."""

from importlib import resources

from pydantic import TypeAdapter
from sqlalchemy import select

from .models import Recipe, db
from .schemas import RecipeIn
from .writing import write


def seed() -> int:
    """Add the demo recipes that are not there yet; return how many."""
    demo = resources.files(__package__).joinpath("demo.json").read_bytes()
    present = set(db.session.scalars(select(Recipe.title)))
    bodies = TypeAdapter(list[RecipeIn]).validate_json(demo, strict=True)
    new = [body for body in bodies if body.title not in present]
    for body in new:
        recipe = Recipe()
        write(recipe, body)
        db.session.add(recipe)
        db.session.flush()  # each by itself: ids follow the order of the file
    db.session.commit()
    return len(new)
