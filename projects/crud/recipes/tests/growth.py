"""Made-up recipes in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database. The recipes are as uneven as real ones: a few
cuisines, diets and ingredients are everywhere. A filter that finds few must take as long with
100,000 recipes as with 1,000.
"""

import sys
from itertools import product
from pathlib import Path
from random import Random

from sqlalchemy import insert

from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from recipes.models import DietTag, Recipe, RecipeIngredient, db
from recipes.writing import ingredients_called

LISTS = [
    "/recipes?page=3",
    "/recipes?cuisine=georgian",
    "/recipes?diet=raw",
    "/recipes?with=roast+root",
    "/recipes?max_minutes=5",
    "/recipes?cuisine=georgian&without=fresh+onion",
    "/ingredients?q=onion",
]
READS_EVERYTHING = {
    "/recipes?q": "It looks for any part of a text, and no index does that.",
}

BATCH = 5_000
CUISINES = {"italian": 40, "indian": 25, "mexican": 15, "thai": 12, "greek": 7, "georgian": 1}
MINUTES = {5: 1, 15: 15, 20: 20, 30: 30, 45: 20, 60: 10, 120: 4}
DIETS = {"vegetarian": 0.4, "vegan": 0.2, "gluten-free": 0.2, "halal": 0.1, "raw": 0.01}
KINDS = ["fresh", "dried", "red", "green", "sweet", "wild", "young", "smoked", "pickled", "roast"]
THINGS = ["onion", "pepper", "bean", "lentil", "squash", "apple", "fig", "fish", "nut", "root"]
INGREDIENTS_OF_A_RECIPE = 4


def rows(number: int) -> None:
    """Add ``number`` recipes, each with four ingredients and a step."""
    random = Random(45)
    names = [f"{kind} {thing}" for kind, thing in product(KINDS, THINGS)]
    shelf = [ingredient.id for ingredient in ingredients_called(names).values()]
    for start in range(0, number, BATCH):
        made = [recipe(random) for _ in range(min(BATCH, number - start))]
        recipe_ids = db.session.scalars(insert(Recipe).returning(Recipe.id), made).all()
        tags = []
        lines = []
        for recipe_id in recipe_ids:
            tags += tags_of(recipe_id, random)
            lines += lines_of(recipe_id, shelf, random)
        if tags:
            db.session.execute(insert(DietTag), tags)
        db.session.execute(insert(RecipeIngredient), lines)
        db.session.commit()


def recipe(random: Random) -> dict[str, object]:
    """Return the columns of a recipe."""
    title = f"Stew no. {random.randrange(10**6)}"
    [cuisine] = random.choices([*CUISINES], [*CUISINES.values()])
    [minutes] = random.choices([*MINUTES], [*MINUTES.values()])
    return {
        "title": title,
        "description": "",
        "search": title.lower(),
        "cuisine": cuisine,
        "minutes": minutes,
        "servings": 4,
        "steps": ["Cook it."],
    }


def tags_of(recipe_id: int, random: Random) -> list[dict[str, object]]:
    """Return the columns of a recipe's diet tags."""
    return [
        {"recipe_id": recipe_id, "name": diet}
        for diet, share in DIETS.items()
        if random.random() < share
    ]


def lines_of(recipe_id: int, shelf: list[int], random: Random) -> list[dict[str, object]]:
    """Return the columns of a recipe's ingredients: by Zipf's law, the first is in most recipes."""
    demand = [1 / rank for rank in range(1, len(shelf) + 1)]
    chosen = random.choices(shelf, demand, k=INGREDIENTS_OF_A_RECIPE)
    return [
        {
            "recipe_id": recipe_id,
            "position": position,
            "ingredient_id": ingredient_id,
            "numerator": random.randint(1, 40),
            "denominator": 4,
            "unit": "cup",
        }
        for position, ingredient_id in enumerate(chosen)
    ]


if __name__ == "__main__":
    growth.main(rows)
