"""Chat.

Rooms and direct messages that are stored before they are acknowledged, arrive in order and once,
and survive a broken connection. The frames of `/ws` are described in the README.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask

import common
from common import accounts
from common.live import events, websockets

from .models import User, db
from .routes import bp
from .seed import seed


class Settings(accounts.AccountSettings, events.EventSettings, websockets.WebSocketSettings):
    """The environment variables of this project, besides those of every project."""


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    accounts.init_app(app, db, User)
    events.init_app(app)
    websockets.init_app(app, accounts.login_required)
    app.register_blueprint(bp)
    return app
