"""URL shortener.

Long URLs to short codes, redirects that count each click, and statistics of the clicks.
"""

from collections.abc import Mapping

from flask import Flask

import common

from .models import db
from .routes import bp
from .seed import seed
from .settings import Settings


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    app.register_blueprint(bp)
    return app
