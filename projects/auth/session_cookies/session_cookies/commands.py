"""Commands: sweep up old sessions, add a user."""

import click
from flask.cli import with_appcontext
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from common import passwords
from common.reading import reason

from . import auth, sessions
from .models import User, db
from .schemas import UserIn


@click.command("sweep-sessions")
@with_appcontext
def sweep_sessions() -> None:
    """Delete the sessions that are over; they are dead anyway. For a daily cron job."""
    number = sessions.sweep(auth.limits())
    db.session.commit()
    click.echo(f"Deleted {number} sessions.")


@click.command("add-user")
@click.argument("username")
@click.argument("email")
@click.password_option(help="Asked for if it is left out; 8 to 128 characters.")
@with_appcontext
def add_user(username: str, email: str, password: str) -> None:
    """Add a user, who can then log in."""
    try:
        user = UserIn(username=username, email=email, password=password)
    except ValidationError as error:
        mistake = error.errors()[0]
        place = str(mistake["loc"][0])
        raise click.BadParameter(reason(mistake), param_hint=place) from None
    password_hash = passwords.hash_of(user.password)
    db.session.add(User(username=user.username, email=user.email, password_hash=password_hash))
    try:
        db.session.commit()
    except IntegrityError:
        raise click.ClickException(f"There is a user {username!r} already.") from None
    click.echo(f"Added {username}.")
