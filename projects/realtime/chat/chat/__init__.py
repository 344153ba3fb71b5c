"""Chat.

Rooms and direct messages that are stored before they are acknowledged, arrive in order and once,
and survive a broken connection. The frames of `/ws` are described in the README.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from pydantic import Field

import common
from common import accounts, events

from . import routes, sockets
from .models import User, db
from .seed import fill, seed

PING_SECONDS = 25  # a client that does not answer to two pings is gone


class Settings(accounts.AccountSettings, events.EventSettings):
    """The environment variables of this project, besides those of every project."""

    ws_echo: bool = Field(False, description="1 adds /ws/echo, which sends back what it gets.")


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed, fill=fill)
    accounts.init_app(app, db, User)
    events.init_app(app)
    app.config.setdefault("SOCK_SERVER_OPTIONS", {"ping_interval": PING_SECONDS})
    app.register_blueprint(routes.bp)
    app.register_blueprint(sockets.bp)
    if app.config["WS_ECHO"]:
        app.register_blueprint(sockets.echo_bp)
    return app
