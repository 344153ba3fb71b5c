"""Tasks.

A to-do list as a JSON API that any Todo-Backend front end can use.
"""

from collections.abc import Mapping

from flask import Flask
from flask_cors import CORS

import common
from common.describe import pages

from .models import db
from .routes import bp
from .seed import seed

EXPOSED = ["Location", "Link", "X-Total-Count"]  # that a script of another site may read


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, db=db, seed=seed)
    CORS(app, send_wildcard=True, expose_headers=EXPOSED)
    app.register_blueprint(bp)
    app.register_blueprint(pages.landing)
    return app
