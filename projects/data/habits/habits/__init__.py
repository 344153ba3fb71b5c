"""Habits.

Daily check-ins in each user's own time zone, streaks, statistics and a heat map of the year.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common import accounts
from common.accounts import AccountSettings

from .models import User, db
from .routes import bp
from .seed import seed


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=AccountSettings, db=db, seed=seed)
    accounts.init_app(app, db, User)
    app.register_blueprint(bp)
    return app
