"""Commands: sweep up old sessions, add a user."""

import re

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import IntegrityError

from . import auth, passwords, sessions
from .models import User, db
from .schemas import EMAIL

USERNAME = r"[a-z0-9_]{3,30}"


@click.command("sweep-sessions")
@with_appcontext
def sweep_sessions() -> None:
    """Delete the sessions that are over; they are dead anyway. For a daily cron job."""
    click.echo(f"Deleted {sessions.sweep(auth.limits())} sessions.")


@click.command("add-user")
@click.argument("username")
@click.argument("email")
@click.password_option(help="Asked for if it is left out; 8 to 128 characters.")
@with_appcontext
def add_user(username: str, email: str, password: str) -> None:
    """Add a user, who can then log in."""
    if not re.fullmatch(USERNAME, username):
        raise click.BadParameter("3 to 30 small letters, digits and _", param_hint="USERNAME")
    if not re.fullmatch(EMAIL, email):
        raise click.BadParameter("is no email address", param_hint="EMAIL")
    if not 8 <= len(password) <= 128:  # noqa: PLR2004  # as the help says
        raise click.BadParameter("8 to 128 characters", param_hint="--password")
    password_hash = passwords.hash_of(password)
    db.session.add(User(username=username, email=email, password_hash=password_hash))
    try:
        db.session.commit()
    except IntegrityError:
        raise click.ClickException(f"There is a user {username!r} already.") from None
    click.echo(f"Added {username}.")
