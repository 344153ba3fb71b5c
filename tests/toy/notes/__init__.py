"""Notes.

The smallest project that follows every house rule: the tests of the rules break it in all ways.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common.describe import pages

from .models import db
from .routes import bp
from .seed import seed
from .settings import Settings


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    app.register_blueprint(bp)
    app.register_blueprint(pages.landing)
    return app
