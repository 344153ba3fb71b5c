"""The API: log in and out, the user's own data and sessions, and the page that uses it all."""

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy import delete, select

from common import database, passwords, tokens
from common.api import Produces, endpoint

from . import auth, csrf, sessions, user_agents
from .auth import current_user, login_required
from .models import Session, User, db
from .schemas import EmailIn, LoginIn, LoginOut, SessionOut, TokenOut, UserOut

bp = Blueprint("session_cookies", __name__)


@bp.get("/")
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page, which does everything by ``fetch``."""
    return Response(render_template("index.html"))


@bp.get("/csrf")
@endpoint
def show_token() -> TokenOut:
    """Get the CSRF token of the session cookie, and a cookie with it where there is none.

    Ask before the login, and again after each login and logout, for they change the cookie.
    """
    given = auth.session_id()
    if given is None:
        given = tokens.new()  # nobody's so far
        auth.remember(given)
    return TokenOut(csrf_token=csrf.token_for(given, auth.key()))


@bp.post("/login")
@endpoint(errors=(401, 403), security="csrf")
def log_in(body: LoginIn) -> LoginOut:
    """Log in: a new session, with a new cookie and a new CSRF token."""
    columns = select(User.id, User.username, User.email, User.password_hash)
    statement = columns.where(User.username == body.username.lower())
    user = db.session.execute(statement).one_or_none()
    database.release()  # the hash takes its time
    password_hash = None if user is None else user.password_hash
    is_right = passwords.matches(body.password, password_hash)  # takes as long for nobody
    if user is None or not is_right:
        raise auth.unknown("No user has this name and this password.")

    device = user_agents.describe(request.user_agent.string)
    login = sessions.Login(user.id, device, auth.address(request))
    session_id = sessions.rotate(auth.session_id(), login)
    sessions.end_the_oldest(user.id)
    db.session.commit()
    auth.remember(session_id)
    return LoginOut(
        username=user.username,
        email=user.email,
        csrf_token=csrf.token_for(session_id, auth.key()),
    )


@bp.post("/logout")
@endpoint(errors=(403,), security="csrf")
def log_out() -> None:
    """Log out: the session is gone, for copies of its cookie too. Without a session: nothing."""
    session_id = sessions.rotate(auth.session_id(), login=None)
    db.session.commit()
    auth.remember(session_id)


@bp.get("/me")
@login_required
@endpoint
def show_me() -> UserOut:
    """Show who is logged in."""
    return UserOut.model_validate(current_user)


@bp.post("/me/email")
@login_required
@endpoint(errors=(403,))
def change_email(body: EmailIn) -> UserOut:
    """Change one's own email address."""
    current_user.email = body.email
    db.session.commit()
    return UserOut.model_validate(current_user)


@bp.get("/sessions")
@login_required
@endpoint
def list_sessions() -> list[SessionOut]:
    """List where one is logged in, the last used first: at most 50 sessions."""
    statement = sessions.living_sessions(current_user.id, auth.limits())
    rows = db.session.scalars(statement.order_by(*sessions.newest_first()))
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
    statement = delete(Session).where(Session.user_id == current_user.id)
    db.session.execute(statement.where(Session.id != g.session.id))
    db.session.commit()


@bp.delete("/sessions/<int:session_id>")
@login_required
@endpoint(errors=(403,))
def end_session(session_id: int) -> None:
    """End one of one's own sessions; those of others are not there (404)."""
    session = find_session(session_id)
    db.session.delete(session)
    db.session.commit()


def find_session(session_id: int) -> Session:
    """Return a session of the user that lives, locked, or raise the 404."""
    statement = sessions.living_sessions(current_user.id, auth.limits())
    session: Session = db.first_or_404(
        statement.where(Session.id == session_id).with_for_update(),
        description="You have no such session.",
    )
    return session
