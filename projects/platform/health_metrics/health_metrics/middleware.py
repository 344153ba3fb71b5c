"""Sees every request come and go, also those that fail before or after Flask."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from flask import Flask, request
from werkzeug.wsgi import ClosingIterator

from . import metrics
from .metrics import IN_FLIGHT, Metrics

ROUTE = "health_metrics.route"  # in the WSGI environment


def init_app(app: Flask, counted: Metrics) -> None:
    """Record each request of ``app`` in ``counted``."""
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
            counted.files.add(IN_FLIGHT, "", -1)
            try:
                method, route = environ["REQUEST_METHOD"], environ.get(ROUTE)
                metrics.record(counted.files, method, route, status, seconds)
            except Exception:  # what only watches must not break what it watches
                app.logger.exception("A request was not recorded")

        counted.files.add(IN_FLIGHT, "", 1)
        with ExitStack() as once:  # an exception ends it here,
            once.callback(end)
            answer = inner(environ, start)
            # and else the last byte does: then the server closes the answer, some twice.
            return ClosingIterator(answer, once.pop_all().close)

    app.wsgi_app = wsgi  # type: ignore[method-assign]
    app.before_request(_note_route)


def _note_route() -> None:
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule
