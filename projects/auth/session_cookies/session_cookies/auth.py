"""Between Flask and the lesson: the cookie, Flask-Login, and the gate against forged requests."""

import re
from datetime import timedelta
from typing import Any

import flask_login  # type: ignore[import-untyped]  # it has no annotations
from flask import Flask, Request, Response, after_this_request, current_app, g, request
from flask.sessions import SessionInterface

from common import guards
from common.errors import Problem

from . import csrf, sessions
from .models import User, db

COOKIE = "session_cookies_id"  # cookies know no ports: localhost's other projects have other names
SESSION_ID = re.compile(r"[A-Za-z0-9_-]{32}")
YEAR = 365 * 86400  # seconds
CSRF_COOKIE = f"Without HTTPS it is called {COOKIE}. A change needs the CSRF token as well."
CSRF_TOKEN = "The token of GET /csrf, with the cookie that came with it, and an Origin."  # noqa: S105  # words
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
    manager.request_loader(load_user_and_commit)
    app.before_request(refuse_forgeries)
    app.after_request(keep_private)
    guards.describe(
        app,
        "session",
        {
            "type": "apiKey",
            "in": "cookie",
            "name": f"__Host-{COOKIE}",
            "description": CSRF_COOKIE,
        },
    )
    guards.describe(
        app,
        "csrf",
        {
            "type": "apiKey",
            "in": "header",
            "name": csrf.HEADER,
            "description": CSRF_TOKEN,
        },
    )


def refuse_forgeries() -> None:
    """Stop every request that changes something and is not from our own page: 403.

    This stands before all routes, so that none can be forgotten.
    """
    if request.routing_exception is not None:  # 404 or 405: nothing will happen anyway
        return
    if request.method in csrf.SAFE_METHODS:
        return
    sent = csrf.Request(
        own_origin=f"{request.scheme}://{request.host}",
        origin=request.headers.get("Origin"),
        token=request.headers.get(csrf.HEADER),
        session_id=session_id(),
    )
    reason = csrf.objection(sent, key())
    if reason is not None:
        raise Problem(403, reason)


def load_user_and_commit(request: Request) -> User | None:
    """Return whose session the cookie names; Flask-Login asks once in a request, when needed.

    The commit lets go of the session's row, so that another request of this browser need not wait.
    """
    g.session = None
    given = session_id()
    if given is not None:
        g.session = sessions.load(given, address(request), limits())
        db.session.commit()
    if g.session is None:
        return None
    user: User = g.session.user
    return user


def ask_login() -> None:
    """Raise the 401 unless the request has a session that lives."""
    if not current_user.is_authenticated:
        raise unknown("Log in first: there is no session, or it has ended.")


#: Answers 401 before anything else unless the request is somebody's; above ``@endpoint``.
login_required = guards.guard("session", ask_login)


def unknown(detail: str) -> Problem:
    """Return a 401; HTTP wants a challenge with it, and for cookies there is no registered one."""
    return guards.unknown(detail, f'Cookie cookie-name="{cookie()}"')


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
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    if request.blueprint == "session_cookies":
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
