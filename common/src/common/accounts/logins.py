"""Tokens: how one is made, when it is no longer good, and the guard that asks for one."""

import hmac
from hashlib import sha256
from typing import Any

from flask import Flask, Response, after_this_request, current_app, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    set_access_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended import current_user as _jwt_user
from flask_jwt_extended.exceptions import CSRFError, JWTExtendedException
from jwt import PyJWTError

from common import clock, guards
from common.accounts.schemas import Token
from common.accounts.users import here

ADVICE = "Log in first, and send the header 'Authorization: Bearer ACCESS_TOKEN'."
CSRF_ADVICE = "Who changes something by cookie sends the other cookie's value as X-CSRF-TOKEN."
current_user: Any = _jwt_user  # the row of the project's own User


def init_app(app: Flask) -> None:
    """Set Flask-JWT-Extended up."""
    key = app.config["SECRET_KEY"].encode()
    app.config.update(
        JWT_SECRET_KEY=hmac.digest(key, b"common.accounts", "sha256").hex(),  # long enough, too
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_ACCESS_COOKIE_NAME=f"{app.name}_token",  # cookies know no ports: two projects on
        JWT_ACCESS_CSRF_COOKIE_NAME=f"{app.name}_csrf",  # localhost would share a name
        JWT_COOKIE_SAMESITE="Lax",
        JWT_COOKIE_SECURE=app.config["COOKIE_SECURE"],
        JWT_ACCESS_TOKEN_EXPIRES=False,  # by the machine's clock, and tests set common.clock
    )
    JWTManager(app).user_lookup_loader(_user_of)
    guards.describe(app, "account", {"bearerFormat": "JWT"})
    app.jinja_env.globals["csrf_cookie"] = app.config["JWT_ACCESS_CSRF_COOKIE_NAME"]


def _ask_login() -> None:
    try:
        if not request.headers.get("X-CSRF-TOKEN", "").isascii():
            raise CSRFError  # the comparison takes no other
        verify_jwt_in_request()
    except CSRFError:
        raise guards.unknown(CSRF_ADVICE) from None
    except (JWTExtendedException, PyJWTError):
        raise guards.unknown(ADVICE) from None


#: Answers 401 before anything else unless the request is somebody's; above ``@endpoint``.
login_required = guards.guard("account", _ask_login)


def new_token(user_id: int, password_hash: str) -> Token:
    """Return a token for a user, and let the answer to this request set the cookie."""
    seconds = current_app.config["TOKEN_SECONDS"]
    until = int(clock.now().timestamp()) + seconds
    claims = {"until": until, "password": _fingerprint(password_hash)}
    token = create_access_token(str(user_id), additional_claims=claims)

    @after_this_request
    def remember(response: Response) -> Response:
        set_access_cookies(response, token, max_age=seconds)
        response.cache_control.no_store = True
        return response

    return Token(access_token=token, expires_in=seconds)


def _fingerprint(password_hash: str) -> str:
    """Tie a token to a password's salted hash, so to one user: SQLite gives ids out again."""
    return sha256(password_hash.encode()).hexdigest()[:16]


def _user_of(_header: object, claims: dict[str, Any]) -> Any:
    """Return the user whose token this is, or None if it is no longer good."""
    user = here().db.session.get(here().user, int(claims["sub"]))
    if user is None or claims["password"] != _fingerprint(user.password_hash):
        return None
    return user if clock.now().timestamp() < claims["until"] else None
