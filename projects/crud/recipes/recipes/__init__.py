"""Recipes.

Recipes with their ingredients: found by cuisine, diet and what is in the kitchen, and scaled
exactly to any number of servings.
"""

from collections.abc import Mapping

from flask import Flask

import common

from .models import db
from .routes import bp
from .seed import seed


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, db=db, seed=seed)
    app.register_blueprint(bp)
    return app
