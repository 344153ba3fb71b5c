"""What the projects of flask-45 share: a small Flask extension in the plain style.

``common.init_app(app, config, settings=…, db=…)`` reads the configuration, connects the database,
answers errors as problems and serves the description of the API. Everything else is a module that a
project imports when it needs it.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import click
from flask import Flask, Response, current_app, g, request
from flask.cli import with_appcontext
from flask.logging import default_handler
from flask_sqlalchemy import SQLAlchemy
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from common import database, errors
from common import settings as _settings
from common.describe import pages
from common.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError", "init_app"]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LOG_LINE = logging.Formatter(
    "[%(asctime)s] %(levelname)s in %(module)s: [%(request_id)s] %(message)s",
    defaults={"request_id": "-"},  # outside of requests
)


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
    fill: Callable[[int], None] | None = None,
) -> None:
    """Give ``app`` what all projects have. Call it first in ``create_app``.

    ``settings`` says which environment variables there are, ``config`` overrides them; ``db`` comes
    from ``database.make_db()``; ``seed`` adds demo data (idempotent, returns how many rows are new)
    and ``fill`` a number of made-up rows: together they are the command ``flask seed [--rows N]``.
    Raises SettingsError, which ends the start with one clear text.
    """
    _settings.load(app, settings, config)
    if hops := app.config["PROXY_HOPS"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, 0, hops)  # type: ignore[method-assign]  # as Flask says
    app.url_map.converters["int"] = PlainInteger
    app.logger.setLevel(app.config["LOG_LEVEL"])
    app.logger.addFilter(_add_request_id)
    default_handler.setFormatter(LOG_LINE)  # Flask's, for those who have set up no logging
    errors.init_app(app)
    pages.init_app(app)
    if db is not None:
        database.init_app(app, db)
    if seed is not None:
        app.cli.add_command(_seed_command(seed, fill))
    app.before_request(_begin)
    app.after_request(_end)
    app.after_request(errors.refuse_condition)  # before _end: the last one comes first


def _begin() -> None:
    given = request.headers.get("X-Request-ID")
    g.request_id = given if given and REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.perf_counter()
    if not request.host:  # or every absolute URL would be http:///…
        raise errors.Problem(400, "The Host header is no host.")


def _end(response: Response) -> Response:
    response.headers.extend(pages.SECURITY_HEADERS)
    response.headers.add("X-Request-ID", g.request_id)
    if current_app.logger.isEnabledFor(logging.INFO):
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        current_app.logger.info(
            "%s %s %d in %.1f ms",
            request.method,
            request.path,
            response.status_code,
            seconds * 1000,
        )
    return response


def _add_request_id(record: logging.LogRecord) -> bool:
    """Give what is logged in a request the attribute ``request_id``, for any formatter to use."""
    if request and "request_id" in g:
        record.request_id = g.request_id
    return True


def _seed_command(seed: Callable[[], int], fill: Callable[[int], None] | None) -> click.Command:
    @click.command("seed")
    @click.option(
        "--rows", type=click.IntRange(1, 10_000_000), help="Add as many made-up rows instead."
    )
    @with_appcontext
    def command(rows: int | None) -> None:
        """Fill in demo data; again changes nothing."""
        if rows is None:
            added = seed()
            click.echo(
                f"Added {added} rows of demo data." if added else "The demo data is there already."
            )
        elif fill is None:
            raise click.UsageError(f"{current_app.name} has no made-up rows.")
        else:
            fill(rows)
            click.echo(f"Added {rows} made-up rows.")

    return command
