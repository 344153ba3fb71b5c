"""Demo data, and as many made-up recipes as a test of growth wants."""

import random
from importlib import resources
from itertools import product

from pydantic import TypeAdapter
from sqlalchemy import insert, select

from .models import DietTag, Recipe, RecipeIngredient, db
from .schemas import RecipeIn
from .writing import ingredients_called, write

BATCH = 5000

# Made-up recipes are as uneven as real ones: a few cuisines, diets and ingredients are everywhere.
CUISINES = {"italian": 40, "indian": 25, "mexican": 15, "thai": 12, "greek": 7, "georgian": 1}
MINUTES = {5: 1, 15: 15, 20: 20, 30: 30, 45: 20, 60: 10, 120: 4}
DIETS = {"vegetarian": 0.4, "vegan": 0.2, "gluten-free": 0.2, "halal": 0.1, "raw": 0.01}
KINDS = ["fresh", "dried", "red", "green", "sweet", "wild", "young", "smoked", "pickled", "roast"]
THINGS = ["onion", "pepper", "bean", "lentil", "squash", "apple", "fig", "fish", "nut", "root"]


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


def fill(rows: int) -> None:
    """Add ``rows`` made-up recipes in bulk, each with four ingredients and a step."""
    dice = random.Random(45)  # noqa: S311  # the same recipes every time; nothing here is secret
    stock = ingredients_called(" ".join(pair) for pair in product(KINDS, THINGS))
    shelf = [ingredient.id for ingredient in stock.values()]
    demand = [1 / rank for rank in range(1, len(shelf) + 1)]  # Zipf: the first is in most recipes
    for start in range(0, rows, BATCH):
        count = min(BATCH, rows - start)
        cuisines = dice.choices([*CUISINES], [*CUISINES.values()], k=count)
        minutes = dice.choices([*MINUTES], [*MINUTES.values()], k=count)
        recipes = [
            {"title": (title := f"Stew no. {dice.randrange(10**6)}"), "search": title.lower()}
            | {"description": "", "cuisine": cuisine, "minutes": time, "servings": 4}
            | {"steps": ["Cook it."]}
            for cuisine, time in zip(cuisines, minutes, strict=True)
        ]
        ids = db.session.scalars(insert(Recipe).returning(Recipe.id), recipes).all()
        tags = [
            {"recipe_id": recipe, "name": diet}
            for recipe in ids
            for diet, share in DIETS.items()
            if dice.random() < share
        ]
        lines = [
            {"recipe_id": recipe, "position": position, "ingredient_id": ingredient}
            | {"numerator": dice.randint(1, 40), "denominator": 4, "unit": "cup"}
            for recipe in ids
            for position, ingredient in enumerate(dice.choices(shelf, demand, k=4))
        ]
        db.session.execute(insert(DietTag), tags)
        db.session.execute(insert(RecipeIngredient), lines)
        db.session.commit()
