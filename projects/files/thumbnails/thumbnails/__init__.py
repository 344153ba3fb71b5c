"""Thumbnails.

Uploads become upright, clean WebP images in several sizes, made by workers that may be killed at
any moment.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common import jobs

from .models import db
from .routes import bp
from .seed import seed
from .settings import Settings
from .tasks import sweep


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    jobs.init_app(app, sweep=sweep)
    app.register_blueprint(bp)
    return app
