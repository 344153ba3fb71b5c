"""The rows: a project's own model, with the columns that every user has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from pydantic import Field
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from common import clock, passwords
from common.database import UtcDateTime

DEMO_PASSWORD = "correct horse"  # noqa: S105  # of everybody in the demo data


class AccountSettings(passwords.PasswordSettings):
    """The settings of a project with accounts."""

    token_seconds: int = Field(7 * 86400, ge=60, description="How long a login lasts, in seconds.")
    cookie_secure: bool = Field(
        False, description="1 where the site is served by HTTPS: the cookie never goes over HTTP."
    )


class UserMixin:
    """The columns of a user."""

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(30), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    def before_change(self, changes: dict[str, Any]) -> None:
        """Note what a project needs to know; a project overrides this.

        ``PATCH /me`` calls it before it changes these columns, in the same transaction.
        """


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is known of one application: ``app.extensions["common_accounts"]``."""

    db: SQLAlchemy
    user: Any


def here() -> Accounts:
    """Return what is known of the current application."""
    accounts: Accounts = current_app.extensions["common_accounts"]
    return accounts


def new_user(username: str, password: str, time_zone: str = "UTC") -> Any:
    """Return a row of the project's User that is not in the session yet."""
    hashed = passwords.hash_of(password)
    return here().user(username=username, password_hash=hashed, time_zone=time_zone)


def demo_user(username: str, time_zone: str = "UTC") -> Any:
    """Return a user of the demo data, whose password is "correct horse": for seeds.

    Who is missing is made and has an id; the seed commits.
    """
    session, user_model = here().db.session, here().user
    user = session.scalar(select(user_model).filter_by(username=username))
    if user is None:
        user = new_user(username, DEMO_PASSWORD, time_zone)
        session.add(user)
        session.flush()
    return user
