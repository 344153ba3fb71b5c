"""Accounts for projects whose lesson is not authentication: register, log in, a token, who asks.

A project's ``models.py`` has ``class User(accounts.UserMixin, db.Model)``; its ``create_app`` calls
``accounts.init_app(app, db, User)`` after ``common.init_app(..., settings=AccountSettings)``; its
routes say ``@accounts.login_required`` above ``@endpoint`` and use ``accounts.current_user``.

- **Passwords** are those of ``common.passwords``.
- **Tokens** are JWTs of Flask-JWT-Extended, sent as ``Authorization: Bearer …`` by programs, or in
  a cookie by pages and WebSockets: then every change also needs the header ``X-CSRF-TOKEN`` with
  the value of the cookie that templates know as ``csrf_cookie``.
- **The end of a token** comes after ``TOKEN_SECONDS``, with a new password, and with the user. Log
  out only takes the cookie away: there is no list of tokens.
"""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from common import passwords
from common.accounts import logins
from common.accounts.logins import current_user, login_required
from common.accounts.routes import bp
from common.accounts.schemas import Username
from common.accounts.users import (
    Accounts,
    AccountSettings,
    UserMixin,
    demo_user,
    new_user,
)
from common.fields import TimeZone

__all__ = [
    "AccountSettings",
    "TimeZone",
    "UserMixin",
    "Username",
    "current_user",
    "demo_user",
    "init_app",
    "login_required",
    "new_user",
]


def init_app(app: Flask, db: SQLAlchemy, user: type[UserMixin]) -> None:
    """Give ``app`` accounts whose rows are of the model ``user``; after ``common.init_app``."""
    app.extensions["common_accounts"] = Accounts(db, user)
    passwords.init_app(app)
    logins.init_app(app)
    app.register_blueprint(bp)
