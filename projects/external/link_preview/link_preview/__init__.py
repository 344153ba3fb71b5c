"""Link preview.

The title, description and image of a page, fetched with care and kept for a while.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common.fetch import stand_in

from .models import db
from .routes import bp
from .seed import seed, site
from .settings import Settings


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    app.register_blueprint(bp)
    stand_in.init_app(app, site)
    return app
