"""Accounts for projects whose lesson is not authentication: register, log in, a token, who asks.

A project's ``models.py`` has ``class User(accounts.UserMixin, db.Model)``; its ``create_app`` calls
``accounts.init_app(app, db, User)`` after ``common.init_app(..., settings=AccountSettings)``; its
routes say ``@accounts.login_required`` above ``@endpoint`` and use ``accounts.current_user``.

- **Passwords** are kept as argon2id hashes (OWASP's parameters). They are worked out outside of
  transactions, for nobody should wait for the database's write lock that long.
- **Tokens** are JWTs of Flask-JWT-Extended, sent as ``Authorization: Bearer …`` by programs, or in
  a cookie by pages and WebSockets: then every change also needs the header ``X-CSRF-TOKEN`` with
  the value of the cookie that templates know as ``csrf_cookie``.
- **The end of a token** comes after ``TOKEN_SECONDS``, with a new password, and with the user. Log
  out only takes the cookie away: there is no list of tokens.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from hashlib import sha256
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Blueprint, Flask, Response, after_this_request, current_app, request, url_for
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    set_access_cookies,
    unset_access_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended import current_user as _jwt_user
from flask_jwt_extended.exceptions import CSRFError, JWTExtendedException
from flask_sqlalchemy import SQLAlchemy
from jwt import PyJWTError
from pydantic import MISSING, Field, StringConstraints
from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from common import clock
from common.api import Created, Schema, endpoint
from common.database import UtcDateTime
from common.errors import Problem, invalid
from common.fields import TimeZone
from common.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
CHALLENGE = {"WWW-Authenticate": "Bearer"}
ADVICE = "Log in first, and send the header 'Authorization: Bearer ACCESS_TOKEN'."
CSRF_ADVICE = "Who changes something by cookie sends the other cookie's value as X-CSRF-TOKEN."
bp = Blueprint("accounts", __name__)
current_user: Any = _jwt_user  # the row of the project's own User


class AccountSettings(Settings):
    """The settings of a project with accounts."""

    token_seconds: int = Field(7 * 86400, ge=60, description="How long a login lasts, in seconds.")
    cookie_secure: bool = Field(
        False, description="1 where the site is served by HTTPS: the cookie never goes over HTTP."
    )
    argon2_kib: int = Field(19456, ge=8, description="Memory for a password's hash, in KiB.")
    argon2_rounds: int = Field(2, ge=1, description="Passes over that memory.")


class UserMixin:
    """The columns of a user."""

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(30), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


Username = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_]{3,30}$", to_lower=True)]
Password = Annotated[str, Field(min_length=8, max_length=128, examples=["correct horse"])]


class Registration(Schema):
    """A new user."""

    username: Annotated[Username, Field(examples=["ana"])]
    password: Password
    time_zone: TimeZone = "UTC"


class Login(Schema):
    """Who somebody claims to be."""

    username: str = Field(max_length=100, examples=["ana"])
    password: str = Field(max_length=128, examples=["correct horse"])


class UserChange(Schema):
    """What a user changes; a new password needs the one until now."""

    time_zone: TimeZone | MISSING = MISSING
    password: Password | MISSING = MISSING
    current_password: str | MISSING = Field(
        MISSING, max_length=128, json_schema_extra={"format": "password"}
    )


class UserOut(Schema):
    """A user."""

    username: str
    time_zone: str
    created_at: datetime


class Token(Schema):
    """A login."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # a kind of token
    expires_in: int


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the routes need of one application: ``app.extensions["common_accounts"]``."""

    db: SQLAlchemy
    user: Any
    hasher: PasswordHasher
    nobody: str
    """A hash that no password has: an unknown name must take as long as a wrong password."""


def init_app(app: Flask, db: SQLAlchemy, user: type[UserMixin]) -> None:
    """Give ``app`` accounts whose rows are of the model ``user``; after ``common.init_app``."""
    rounds, kib = app.config["ARGON2_ROUNDS"], app.config["ARGON2_KIB"]
    hasher = PasswordHasher(*((1, 8, 1) if app.testing else (rounds, kib, 1)))
    app.extensions["common_accounts"] = Accounts(db, user, hasher, hasher.hash("nobody"))
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
    schemes = app.extensions.setdefault("common_security", {}).setdefault("securitySchemes", {})
    schemes["account"] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    app.jinja_env.globals["csrf_cookie"] = app.config["JWT_ACCESS_CSRF_COOKIE_NAME"]
    app.register_blueprint(bp)


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Answer 401 before anything else unless the request is somebody's; above ``@endpoint``."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            if not request.headers.get("X-CSRF-TOKEN", "").isascii():
                raise CSRFError  # the comparison takes no other
            verify_jwt_in_request()
        except (JWTExtendedException, PyJWTError) as error:
            detail = CSRF_ADVICE if isinstance(error, CSRFError) else ADVICE
            raise Problem(401, detail, headers=CHALLENGE) from None
        return view(*args, **kwargs)

    operation = getattr(view, "operation", None)  # a WebSocket has none
    if operation is not None:
        described = replace(operation, security="account", errors=(*operation.errors, 401))
        guarded.operation = described  # type: ignore[attr-defined]  # read by common.describe.openapi
    return guarded


def new_user(username: str, password: str, time_zone: str = "UTC") -> Any:
    """Return a row of the project's User that is not in the session yet: for seeds, too."""
    here = _here()
    hashed = here.hasher.hash(password)
    return here.user(username=username, password_hash=hashed, time_zone=time_zone)


@bp.post("/register")
@endpoint(errors=(409,))
def register(body: Registration) -> Created[UserOut]:
    """Make an account."""
    session, user = _here().db.session, new_user(**body.model_dump())
    session.add(user)
    try:
        session.commit()
    except IntegrityError:
        raise Problem(409, f"The username {body.username!r} is taken.") from None
    return Created(UserOut.model_validate(user), url_for("accounts.show_me"))


@bp.post("/login")
@endpoint(errors=(401,))
def log_in(body: Login) -> Token:
    """Get a token, and a cookie with the same for pages."""
    here = _here()
    named = select(here.user.id, here.user.password_hash).filter_by(username=body.username.lower())
    user_id, hashed = here.db.session.execute(named).one_or_none() or (0, here.nobody)
    here.db.session.rollback()  # let go of the write lock: what follows takes its time
    if not _matches(body.password, hashed) or not user_id:
        raise Problem(401, "No user has this name and this password.", headers=CHALLENGE)
    if here.hasher.check_needs_rehash(hashed):  # the cost has been raised since
        old, hashed = hashed, here.hasher.hash(body.password)
        same = update(here.user).where(here.user.id == user_id, here.user.password_hash == old)
        here.db.session.execute(same.values(password_hash=hashed))
        here.db.session.commit()
    seconds = current_app.config["TOKEN_SECONDS"]
    claims = {"until": int(clock.now().timestamp()) + seconds, "password": _fingerprint(hashed)}
    token = create_access_token(str(user_id), additional_claims=claims)

    @after_this_request
    def remember(response: Response) -> Response:
        set_access_cookies(response, token, max_age=seconds)
        response.cache_control.no_store = True
        return response

    return Token(access_token=token, expires_in=seconds)


@bp.post("/logout")
@endpoint
def log_out() -> None:
    """Take the cookie away; a token that a program keeps is the program's to forget."""

    @after_this_request
    def forget(response: Response) -> Response:
        unset_access_cookies(response)
        return response


@bp.get("/me")
@login_required
@endpoint
def show_me() -> UserOut:
    """Show who is logged in."""
    return UserOut.model_validate(current_user)


@bp.patch("/me")
@login_required
@endpoint(errors=(403,))
def change_me(body: UserChange) -> UserOut:
    """Change the time zone or the password; a new password ends every login, this one too."""
    here, user = _here(), current_user
    if body.password is not MISSING:
        if body.current_password is MISSING:
            raise invalid("Send the password until now as well.", "body", "current_password")
        hashed = user.password_hash
        here.db.session.rollback()  # as in log_in
        if not _matches(body.current_password, hashed):
            raise Problem(403, "This is not the password until now.")
        user.password_hash = here.hasher.hash(body.password)
    if body.time_zone is not MISSING:
        user.time_zone = body.time_zone
    here.db.session.commit()
    return UserOut.model_validate(user)


def _here() -> Accounts:
    accounts: Accounts = current_app.extensions["common_accounts"]
    return accounts


def _matches(password: str, hashed: str) -> bool:
    try:
        return _here().hasher.verify(hashed, password)
    except VerifyMismatchError:
        return False


def _fingerprint(hashed: str) -> str:
    """Tie a token to a password's salted hash, so to one user: SQLite gives ids out again."""
    return sha256(hashed.encode()).hexdigest()[:16]


def _user_of(_header: object, claims: dict[str, Any]) -> Any:
    """Return the user whose token this is, or None if it is no longer good."""
    here = _here()
    user = here.db.session.get(here.user, int(claims["sub"]))
    if user is None or claims["password"] != _fingerprint(user.password_hash):
        return None
    return user if clock.now().timestamp() < claims["until"] else None
