"""Sees every request come and go, also those that fail before or after Flask."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from flask import Flask, request, request_started
from werkzeug.wsgi import ClosingIterator

from . import metrics
from .metrics import IN_FLIGHT
from .shared import SharedNumbers

ROUTE = "health_metrics.route"  # in the WSGI environment


def init_app(app: Flask, shared: SharedNumbers) -> None:
    """Record each request of ``app`` in ``shared``."""
    inner = app.wsgi_app

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        status = 500  # unless something answers

        def start(line: str, headers: Any, exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, headers, exc_info)

        def end() -> None:
            seconds = time.perf_counter() - began
            shared.add(IN_FLIGHT, -1)
            try:
                metrics.record(
                    shared, environ["REQUEST_METHOD"], environ.get(ROUTE), status, seconds
                )
            except Exception:  # what only watches must not break what it watches
                app.logger.exception("A request was not recorded")

        shared.add(IN_FLIGHT, 1)
        with ExitStack() as ending:  # it calls `end` once, though some servers close twice
            ending.callback(end)
            response = inner(environ, start)  # an exception ends the request here,
            # else it ends after the last byte, when the server closes the response.
            return ClosingIterator(response, ending.pop_all().close)

    app.wsgi_app = wsgi  # type: ignore[method-assign]
    request_started.connect(note_route, app)  # before anything can refuse the request


def note_route(_app: Flask) -> None:
    """Leave the template of the route where the middleware finds it."""
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule
