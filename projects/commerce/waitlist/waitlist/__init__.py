"""Waitlist.

Events whose seats are never given twice, and a waiting list that moves up when somebody cancels.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common import guards, scheduler
from common.describe import pages

from . import notices
from .models import db
from .routes import bp
from .seed import seed
from .settings import Settings


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    guards.describe(app, "organiser", {"description": "An event's organiser_token."})
    scheduler.init_app(app, notices.tick, every=notices.TICK_SECONDS)
    app.register_blueprint(bp)
    app.register_blueprint(pages.landing)
    return app
