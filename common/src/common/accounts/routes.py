"""Register, log in and out, and change what is one's own."""

from flask import Blueprint, Response, after_this_request, url_for
from flask_jwt_extended import unset_access_cookies
from pydantic import MISSING
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from common import guards, passwords
from common.accounts.logins import current_user, login_required, new_token
from common.accounts.schemas import Login, Registration, Token, UserOut, UserPatch
from common.accounts.users import here, new_user
from common.api import Created, endpoint
from common.database import violated
from common.errors import Problem, invalid

bp = Blueprint("accounts", __name__)


@bp.post("/register")
@endpoint(errors=(409,))
def register(body: Registration) -> Created[UserOut]:
    """Make an account."""
    session, user_model = here().db.session, here().user
    user = new_user(**body.model_dump())
    session.add(user)
    try:
        session.commit()
    except IntegrityError as error:
        if violated(error) != f"uq_{user_model.__tablename__}_username":
            raise
        raise Problem(409, f"The username {body.username!r} is taken.") from None
    return Created(UserOut.model_validate(user), url_for("accounts.show_me"))


@bp.post("/login")
@endpoint(errors=(401,))
def log_in(body: Login) -> Token:
    """Get a token, and a cookie with the same for pages."""
    session, user_model = here().db.session, here().user
    columns = select(user_model.id, user_model.password_hash)
    row = session.execute(columns.filter_by(username=body.username.lower())).one_or_none()
    session.rollback()  # let go of the write lock: what follows takes its time
    if not passwords.matches(body.password, row.password_hash if row else None) or row is None:
        raise guards.unknown("No user has this name and this password.")
    password_hash = row.password_hash
    if passwords.is_outdated(password_hash):  # the cost has been raised since
        password_hash = passwords.hash_of(body.password)
        still = (user_model.id == row.id, user_model.password_hash == row.password_hash)
        session.execute(update(user_model).where(*still).values(password_hash=password_hash))
        session.commit()
    return new_token(row.id, password_hash)


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
def change_me(body: UserPatch) -> UserOut:
    """Change the time zone or the password; a new password ends every login, this one too."""
    session, user_model = here().db.session, here().user
    user_id, password_hash = current_user.id, current_user.password_hash
    changes = body.model_dump(include={"time_zone"})
    if changes.get("time_zone") == current_user.time_zone:
        del changes["time_zone"]  # it is no change
    still = [user_model.id == user_id]
    if body.password is not MISSING:
        if body.current_password is MISSING:
            raise invalid("Send the password until now as well.", "body", "current_password")
        session.rollback()  # as in log_in
        if not passwords.matches(body.current_password, password_hash):
            raise Problem(403, "This is not the password until now.")
        changes["password_hash"] = passwords.hash_of(body.password)
        # Two may know the password until now: who is first ends the login of the other.
        still.append(user_model.password_hash == password_hash)
    if changes:
        session.get_one(user_model, user_id).before_change(changes)
        statement = update(user_model).where(*still).values(**changes).returning(user_model.id)
        if session.scalar(statement) is None:
            raise Problem(403, "This login has just ended: log in again.")
        session.commit()
    return UserOut.model_validate(session.get_one(user_model, user_id))
