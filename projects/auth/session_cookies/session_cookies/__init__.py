"""Session cookies.

Log in with a cookie that holds a random id alone, see where you are logged in, and log out for
good. Whoever changes something sends the CSRF token of ``GET /csrf`` as ``X-CSRF-Token``, and an
``Origin``, as every browser does by itself.
"""

from collections.abc import Mapping

from flask import Flask

import common
from common import passwords

from . import auth, commands
from .models import db
from .routes import bp
from .seed import seed
from .settings import Settings


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; ``config`` overrides the environment."""
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings, db=db, seed=seed)
    passwords.init_app(app)
    auth.init_app(app)
    app.register_blueprint(bp)
    app.cli.add_command(commands.sweep_sessions)
    app.cli.add_command(commands.add_user)
    return app
