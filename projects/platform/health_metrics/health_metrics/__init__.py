"""Health and metrics.

Liveness and readiness for whoever starts and stops this service, metrics for Prometheus, and what
they say about the objectives of the service.
"""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask

import common
from common import scheduler
from common.describe import pages

from . import history, logs, middleware
from .metrics import Metrics
from .models import db
from .routes import bp, demo, private
from .seed import seed
from .settings import Settings, in_development
from .shutdown import Shutdown


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    logs.init_app(app)
    app.extensions["metrics"] = Metrics(Path(app.instance_path) / "metrics")
    app.extensions["shutdown"] = Shutdown(app.config["DRAIN_SECONDS"])
    middleware.init_app(app, app.extensions["metrics"])
    scheduler.init_app(app, history.remember, every=60)
    app.register_blueprint(bp)
    app.register_blueprint(private)
    app.register_blueprint(pages.landing)
    if in_development(app):
        app.register_blueprint(demo)
    app.extensions["shutdown"].install()
    return app
