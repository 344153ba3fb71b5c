"""Waitlist.

Events whose seats are never given twice, and a waiting list that moves up when somebody cancels.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common import clock, guards, scheduler
from common.describe import pages

from . import notices, seats
from .models import db
from .routes import bp
from .seed import seed
from .settings import Settings

TICK_SECONDS = 5  # a mail leaves that long after its offer was made, at most


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    guards.describe(app, "organiser", {"description": "An event's organiser_token."})
    scheduler.init_app(app, tick, every=TICK_SECONDS)
    app.register_blueprint(bp)
    app.register_blueprint(pages.landing)
    return app


def tick() -> None:
    """Pass on the seats that nobody confirmed in time, and send the mails that are due."""
    now = clock.now()
    seats.pass_on(now)
    notices.send_due(now)
