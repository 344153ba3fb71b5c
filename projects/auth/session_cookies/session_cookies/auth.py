"""Between Flask and the lesson: the cookie, Flask-Login, and the gate against forged requests."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import flask_login  # type: ignore[import-untyped]  # it has no annotations
from flask import Flask, Request, Response, after_this_request, current_app, g, request
from flask.sessions import SessionInterface

from common.errors import Problem

from . import csrf, sessions
from .models import User

COOKIE = "session_cookies_id"  # cookies know no ports: localhost's other projects have other names
P = ParamSpec("P")
R = TypeVar("R")
SESSION_ID = re.compile(r"[A-Za-z0-9_-]{43}")
current_user: Any = flask_login.current_user  # a User, where login_required lets pass


class NoSession(SessionInterface):
    """Flask's own session, which would be a signed cookie, stays empty and cannot be written."""

    def open_session(self, app: Flask, request: Request) -> None:
        """Return no session: Flask then gives one that refuses to be changed."""


def init_app(app: Flask) -> None:
    """Give ``app`` the gate, logins, and their description in OpenAPI."""
    app.session_interface = NoSession()
    app.config["REMEMBER_COOKIE_NAME"] = "not-used-here"  # Flask-Login would prefer it to ours
    manager = flask_login.LoginManager(app, add_context_processor=False)
    manager.request_loader(user_of)
    manager.unauthorized_handler(unauthorized)
    app.before_request(refuse_forgeries)
    app.after_request(keep_private)
    app.extensions["common_security"] = {
        "securitySchemes": {
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": f"__Host-{COOKIE}",
                "description": f"Without HTTPS it is called {COOKIE}. Whoever changes something "
                f"also sends the header {csrf.HEADER} and an Origin.",
            },
            "csrf": {
                "type": "apiKey",
                "in": "header",
                "name": csrf.HEADER,
                "description": "The token of GET /csrf, with the cookie that came with it.",
            },
        }
    }


def refuse_forgeries() -> None:
    """Stop every request that changes something and is not from our own page: 403.

    This stands before all routes, so that none can be forgotten.
    """
    if request.routing_exception is not None:  # 404 or 405: nothing will happen anyway
        return
    if request.method in csrf.SAFE_METHODS:
        return
    reason = csrf.objection(
        csrf.Request(
            own_origin=f"{request.scheme}://{request.host}",
            origin=request.headers.get("Origin"),
            token=request.headers.get(csrf.HEADER),
            session_id=session_id(),
        ),
        key(),
    )
    if reason:
        raise Problem(403, reason)


def user_of(request: Request) -> User | None:
    """Return whose session the cookie names; Flask-Login asks once in a request, when needed."""
    given = session_id()
    g.session = given and sessions.load(given, address(request), limits())
    return g.session.user if g.session else None


def unauthorized() -> None:
    """Answer 401: we do not know who asks."""
    raise unknown("Log in first: there is no session, or it has ended.")


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Let only users pass, as Flask-Login does, and say so in OpenAPI; above ``@endpoint``."""
    guarded: Callable[P, R] = flask_login.login_required(view)
    operation = view.operation  # type: ignore[attr-defined]  # made by @endpoint
    described = replace(operation, security="session", errors=(*operation.errors, 401))
    guarded.operation = described  # type: ignore[attr-defined]  # read by common.describe.openapi
    return guarded


def unknown(detail: str) -> Problem:
    """Return a 401; HTTP wants a challenge with it, and for cookies there is no registered one."""
    return Problem(401, detail, headers={"WWW-Authenticate": f'Cookie cookie-name="{cookie()}"'})


def cookie() -> str:
    """Return the name of the cookie.

    A browser takes a name that begins with ``__Host-`` only over HTTPS, only with ``Secure`` and
    ``Path=/`` and without ``Domain``: then no other host, not even a subdomain, can plant it.
    """
    return f"__Host-{COOKIE}" if request.is_secure else COOKIE


def session_id() -> str | None:
    """Return the id that the cookie holds, if it looks like one."""
    given = request.cookies.get(cookie(), "")
    return given if SESSION_ID.fullmatch(given) else None


def remember(session_id: str) -> None:
    """Let the answer to this request put a session id into the cookie, until the browser ends."""

    @after_this_request
    def send(response: Response) -> Response:
        response.set_cookie(
            cookie(),
            session_id,
            path="/",
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def keep_private(response: Response) -> Response:
    """Keep answers that depend on the cookie out of all caches, and browsers with HTTPS on it."""
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint and request.endpoint.startswith("sessions."):
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    return response


def limits() -> sessions.Limits:
    """Return how long sessions live."""
    return sessions.Limits(
        idle=timedelta(seconds=current_app.config["SESSION_IDLE_SECONDS"]),
        absolute=timedelta(seconds=current_app.config["SESSION_ABSOLUTE_SECONDS"]),
    )


def key() -> bytes:
    """Return the key of the CSRF tokens."""
    secret: str = current_app.config["SECRET_KEY"]
    return secret.encode()


def address(request: Request) -> str:
    """Return the address of the client, which behind a proxy the proxy says (PROXY_HOPS)."""
    return (request.remote_addr or "unknown")[:45]
