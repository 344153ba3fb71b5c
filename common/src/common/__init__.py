"""What the projects of flask-45 share: a small Flask extension in the plain style.

``common.init_app(app, config, settings=…, db=…)`` reads the configuration, connects the database,
answers errors as problems and serves the description of the API. Everything else is a module that a
project imports when it needs it.
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import click
from flask import Flask, Response, g, request
from flask.cli import with_appcontext
from flask_sqlalchemy import SQLAlchemy
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from common import database, errors, logs, proxies
from common import settings as _settings
from common.describe import pages
from common.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError", "init_app"]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
FORM_TYPES = {"multipart/form-data", "application/x-www-form-urlencoded"}


class PlainInteger(IntegerConverter):
    """Werkzeug's takes the digits of all scripts: ``/things/1`` would have many addresses."""

    regex = "[0-9]+"


def init_app(
    app: Flask,
    config: Mapping[str, Any] | None = None,
    *,
    settings: type[Settings] = Settings,
    db: SQLAlchemy | None = None,
    seed: Callable[[], int] | None = None,
) -> None:
    """Give ``app`` what all projects have. Call it first in ``create_app``.

    ``settings`` says which environment variables there are, ``config`` overrides them; ``db`` comes
    from ``database.make_db()``; ``seed``, the command ``flask seed``, adds demo data (again
    changes nothing) and returns how many rows are new.
    Raises SettingsError, which ends the start with one clear text.
    """
    _settings.load(app, settings, config)
    app.url_map.converters["int"] = PlainInteger
    app.before_request(_begin)
    app.before_request(_read_body)
    app.after_request(_end)
    proxies.init_app(app)
    logs.init_app(app)
    errors.init_app(app)
    pages.init_app(app)
    if db is not None:
        database.init_app(app, db)
    if seed is not None:
        app.cli.add_command(_seed_command(seed))


def _begin() -> None:
    given = request.environ.get("HTTP_X_REQUEST_ID")
    g.request_id = given if given and REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    g.began = time.perf_counter()
    if not request.host:  # or every absolute URL would be http:///…
        raise errors.Problem(400, "The Host header is no host.")


def _read_body() -> None:
    """Read all that is sent before the first query.

    A client may send one byte and wait. Were a transaction open by then, everybody else who writes
    would wait for that client. Raises the 413, and 400 where the body has no proper end.
    """
    if request.method in database.SAFE_METHODS or request.routing_exception is not None:
        return
    try:
        if request.mimetype in FORM_TYPES:
            _ = request.form  # and the files, which go to the disk where they are large
        else:
            request.get_data()
    except HTTPException:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in errors.DISK_FULL:
            raise
        # Each server raises an exception of its own for what the client has sent wrong.
        raise errors.Problem(400, "The body cannot be read to its end.") from error


def _end(response: Response) -> Response:
    response = errors.refuse_condition(response)
    response.headers["X-Request-ID"] = g.request_id
    logs.log_request(response)
    return response


def _seed_command(seed: Callable[[], int]) -> click.Command:
    @click.command("seed")
    @with_appcontext
    def command() -> None:
        """Fill in demo data; again changes nothing."""
        added = seed()
        if added:
            click.echo(f"Added {added} rows of demo data.")
        else:
            click.echo("The demo data is there already.")

    return command
