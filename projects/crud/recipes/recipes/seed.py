"""Demo data, and as many made-up recipes as a test of growth wants."""

import random
from importlib import resources
from itertools import product

from pydantic import TypeAdapter
from sqlalchemy import insert, select

from .models import DietTag, Recipe, RecipeIngredient, Step, db
from .names import folded
from .schemas import RecipeIn
from .writing import ingredients_called, write

BATCH = 5000

# Made-up recipes are as uneven as real ones: a few cuisines, diets and ingredients are everywhere.
CUISINES = {"italian": 40, "indian": 25, "mexican": 15, "thai": 12, "greek": 7, "georgian": 1}
DIETS = {"vegetarian": 0.4, "vegan": 0.2, "gluten-free": 0.2, "halal": 0.1, "raw": 0.01}
MINUTES = {5: 1, 15: 15, 20: 20, 30: 30, 45: 20, 60: 10, 120: 4}
KINDS = ["fresh", "dried", "red", "green", "sweet", "wild", "young", "smoked", "pickled", "roast"]
THINGS = ["onion", "pepper", "bean", "lentil", "squash", "apple", "fig", "fish", "nut", "root"]


def seed() -> int:
    """Add the demo recipes that are not there yet; return how many."""
    text = resources.files(__package__).joinpath("demo.json").read_bytes()
    present = set(db.session.scalars(select(Recipe.title)))
    bodies = TypeAdapter(list[RecipeIn]).validate_json(text, strict=True)
    new = [body for body in bodies if body.title not in present]
    for body in new:
        recipe = Recipe()
        write(recipe, body)
        db.session.add(recipe)
        db.session.flush()  # one by one: their ids are in the order of the file
    db.session.commit()
    return len(new)


def fill(rows: int) -> None:
    """Add ``rows`` made-up recipes, each with four ingredients and a step, in bulk."""
    dice = random.Random(45)  # noqa: S311  # the same recipes every time; nothing is secret
    names = [f"{kind} {thing}" for kind, thing in product(KINDS, THINGS)]
    stock = [ingredient.id for ingredient in ingredients_called(names).values()]
    shares = [1 / rank for rank in range(1, len(stock) + 1)]  # Zipf: the first is in most recipes
    for start in range(0, rows, BATCH):
        count = min(BATCH, rows - start)
        cuisines = dice.choices([*CUISINES], [*CUISINES.values()], k=count)
        minutes = dice.choices([*MINUTES], [*MINUTES.values()], k=count)
        recipes = [
            {
                "title": title,
                "description": "",
                "search": folded(title) + "\n",
                "cuisine": cuisine,
                "minutes": time,
                "servings": dice.randint(1, 12),
            }
            for cuisine, time in zip(cuisines, minutes, strict=True)
            for title in [f"{dice.choice(names).capitalize()} with {dice.choice(names)}"]
        ]
        ids = db.session.scalars(insert(Recipe).returning(Recipe.id), recipes).all()
        tags = [
            {"recipe_id": recipe, "name": diet}
            for recipe in ids
            for diet, share in DIETS.items()
            if dice.random() < share
        ]
        lines = [
            {
                "recipe_id": recipe,
                "position": position,
                "ingredient_id": ingredient,
                "numerator": dice.randint(1, 20) * 25,
                "denominator": 1,
                "unit": "g",
            }
            for recipe in ids
            for position, ingredient in enumerate(dice.choices(stock, shares, k=4))
        ]
        steps = [{"recipe_id": recipe, "position": 0, "text": "Cook it."} for recipe in ids]
        db.session.execute(insert(DietTag), tags)
        db.session.execute(insert(RecipeIngredient), lines)
        db.session.execute(insert(Step), steps)
        db.session.commit()
