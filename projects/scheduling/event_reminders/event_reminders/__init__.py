"""Event reminders.

Events in local time, once or again and again, and reminders of them that go out exactly once.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common import accounts, scheduler
from common.describe import pages

from . import due
from .models import User, db
from .routes import bp
from .seed import seed
from .settings import Settings


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    accounts.init_app(app, db, User)
    scheduler.init_app(app, due.send_due, every=15)
    app.register_blueprint(bp)
    app.register_blueprint(pages.landing)
    return app
