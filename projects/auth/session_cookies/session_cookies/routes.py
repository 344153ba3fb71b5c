"""The API: log in and out, the user's own data and sessions, and the page that uses it all."""

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy import delete, select

from common.api import Produces, endpoint
from common.errors import Problem

from . import auth, csrf, devices, passwords, sessions
from .auth import current_user, login_required
from .models import Session, User, db
from .schemas import EmailIn, LoggedIn, LoginIn, Me, SessionOut, Token

bp = Blueprint("sessions", __name__)


@bp.get("/")
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page, which does everything by ``fetch``."""
    return Response(render_template("index.html"))


@bp.get("/csrf")
@endpoint
def show_token() -> Token:
    """Get the CSRF token of the session cookie, and a cookie with it where there is none.

    Ask before the login, and again after each login and logout, for they change the cookie.
    """
    session_id = auth.session_id()
    if session_id is None:
        session_id = sessions.new_id()
        auth.remember(session_id)
    return Token(csrf_token=csrf.token_for(session_id, auth.key()))


@bp.post("/login")
@endpoint(errors=(401, 403), security="csrf")
def log_in(body: LoginIn) -> LoggedIn:
    """Log in: a new session, with a new cookie and a new CSRF token."""
    columns = (User.id, User.username, User.email, User.password_hash)
    named = select(*columns).where(User.username == body.username.lower())
    user = db.session.execute(named).one_or_none()
    db.session.rollback()  # let go of the write lock: the hash takes its time
    if not passwords.matches(body.password, user.password_hash if user else None) or user is None:
        raise auth.unknown("No user has this name and this password.")
    device = devices.describe(request.user_agent.string)
    login = sessions.Login(user.id, device, auth.address(request))
    session_id = sessions.rotate(auth.session_id(), login)
    sessions.end_the_oldest(user.id)
    auth.remember(session_id)
    token = csrf.token_for(session_id, auth.key())
    return LoggedIn(username=user.username, email=user.email, csrf_token=token)


@bp.post("/logout")
@endpoint(errors=(403,), security="csrf")
def log_out() -> None:
    """Log out: the session is gone, for copies of its cookie too. Without a session: nothing."""
    auth.remember(sessions.rotate(auth.session_id(), login=None))


@bp.get("/me")
@login_required
@endpoint
def show_me() -> Me:
    """Show who is logged in."""
    return Me.model_validate(current_user)


@bp.post("/me/email")
@login_required
@endpoint(errors=(403,))
def change_email(body: EmailIn) -> Me:
    """Change one's own email address."""
    current_user.email = body.email
    db.session.commit()
    return Me.model_validate(current_user)


@bp.get("/sessions")
@login_required
@endpoint
def list_sessions() -> list[SessionOut]:
    """List where one is logged in, the last used first: at most 50 sessions."""
    mine = select(Session).where(Session.user_id == current_user.id, sessions.lives(auth.limits()))
    rows = db.session.scalars(mine.order_by(*sessions.newest_first()))
    return [
        SessionOut(
            id=row.id,
            device=row.device,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.id == g.session.id,
        )
        for row in rows
    ]


@bp.delete("/sessions")
@login_required
@endpoint(errors=(403,))
def end_other_sessions() -> None:
    """Log out everywhere else."""
    others = (Session.user_id == current_user.id) & (Session.id != g.session.id)
    db.session.execute(delete(Session).where(others))
    db.session.commit()


@bp.delete("/sessions/<int:session_id>")
@login_required
@endpoint(errors=(403,))
def end_session(session_id: int) -> None:
    """End one of one's own sessions; those of others are not there (404)."""
    this = (Session.id == session_id) & (Session.user_id == current_user.id)
    ended = delete(Session).where(this, sessions.lives(auth.limits())).returning(Session.id)
    if db.session.scalar(ended) is None:
        raise Problem(404, "You have no such session.")
    db.session.commit()
