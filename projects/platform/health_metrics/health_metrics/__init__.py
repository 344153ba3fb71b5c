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

from . import demo, history, logs, middleware
from .metrics import Metrics
from .models import db
from .routes import bp
from .seed import seed
from .settings import Settings, in_development
from .shutdown import Shutdown


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    app.extensions["common_needs_no_tables"] = {"health_metrics.show_health"}
    logs.init_app(app)
    metrics = Metrics(Path(app.instance_path) / "metrics")
    shutdown = Shutdown()
    app.extensions["metrics"] = metrics
    app.extensions["shutdown"] = shutdown
    middleware.init_app(app, metrics.shared)
    scheduler.init_app(app, history.remember, every=60)
    app.register_blueprint(bp)
    if in_development(app):
        app.register_blueprint(demo.bp)
    app.register_blueprint(pages.landing)
    shutdown.install(app.config["DRAIN_SECONDS"])
    return app
