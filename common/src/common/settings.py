"""Configuration from the environment, checked once at the start, every mistake named at once."""

import os
import re
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from flask import Flask
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class SettingsError(SystemExit):
    """The environment is wrong: ends the start with its text alone, no traceback.

    The exit code 3 tells gunicorn not to start the worker again and again.
    """

    def __init__(self, text: str) -> None:
        super().__init__(3)
        self.text = text
        print(text, file=sys.stderr)

    def __str__(self) -> str:
        return self.text


class Settings(BaseSettings):
    """What every project reads; a project subclasses it for what it needs besides.

    The field ``secret_key`` is the variable ``SECRET_KEY`` and ``app.config["SECRET_KEY"]``.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", validate_default=True)

    secret_key: str | None = Field(
        None,
        min_length=16,
        description="Signs and encrypts; required outside development, at least 16 characters:\n"
        "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
    )
    database_url: str | None = Field(
        None, description="sqlite:///… or postgresql://…; default: a file in instance/."
    )
    instance_path: Path | None = Field(
        None, description="Where files and the SQLite database live; default: instance/."
    )
    proxy_hops: int = Field(
        0,
        ge=0,
        le=10,
        description="Reverse proxies whose X-Forwarded-For, -Proto, -Host, -Port are trusted.",
    )
    proxy_prefix: bool = Field(
        False, description="1 where they also set X-Forwarded-Prefix, and drop that of clients."
    )
    max_content_length: int = Field(
        1024 * 1024, ge=1024, description="Largest request body in bytes."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING",
        description="DEBUG, INFO, WARNING or ERROR; INFO logs each request with its X-Request-ID.",
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = make_url(value.replace("postgres://", "postgresql://", 1))
        except ArgumentError:
            raise ValueError("is not a database URL") from None
        if url.get_backend_name() not in {"sqlite", "postgresql"}:
            raise ValueError(f"scheme {url.drivername!r} is neither sqlite nor postgresql")
        return url.render_as_string(hide_password=False)


def load(app: Flask, settings: type[Settings], config: Mapping[str, Any] | None) -> None:
    """Fill ``app.config`` from the environment, ``.env`` (in development) and ``config``.

    ``config`` wins over the environment. Names that ``settings`` does not know, such as
    ``TESTING``, are taken as they are. Raises SettingsError.
    """
    config = dict(config or {})
    known = {
        name.lower(): value
        for name, value in config.items()
        if name.lower() in settings.model_fields
    }
    app.config.update({name: value for name, value in config.items() if name.lower() not in known})
    env_file = Path(app.root_path).parent / ".env" if in_development(app) else None
    try:
        values = settings(_env_file=env_file, **known)
    except ValidationError as error:
        lines = [f"{str(e['loc'][0]).upper()}: {_reason(e)}" for e in error.errors()]
        raise SettingsError("Cannot start:\n  " + "\n  ".join(lines)) from None
    if values.instance_path:
        app.instance_path = str(values.instance_path.resolve())
    app.config.update({name.upper(): value for name, value in values.model_dump().items()})
    app.config["INSTANCE_PATH"] = app.instance_path
    app.config["SECRET_KEY"] = values.secret_key or _development_key(app)
    app.extensions["common_settings"] = settings


def in_development(app: Flask) -> bool:
    """Tell development from production: the flask command, its debug mode or a test."""
    return bool(app.debug or app.testing or os.environ.get("FLASK_RUN_FROM_CLI") == "true")


def _development_key(app: Flask) -> str:
    """Return a random key kept in the instance folder, so that restarts keep sessions and codes."""
    if not in_development(app):
        raise SettingsError(
            "Cannot start:\n  SECRET_KEY: is missing. Make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    path = Path(app.instance_path) / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as new:
            new.write(secrets.token_urlsafe(32))
        try:
            os.link(new.name, path)  # fails where another process was first: one key for all
        except FileExistsError:
            pass
        finally:
            Path(new.name).unlink()
    return path.read_text()


def _reason(error: Any) -> str:
    secret = re.search("key|token|password|url", str(error["loc"][0]))
    reason: str = error["msg"].removeprefix("Value error, ")
    return reason + ("" if secret else f" (it is {error['input']!r})")
