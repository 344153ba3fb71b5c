"""Log lines that no client can forge: with the request's id, and without control characters."""

import logging
import re
import time
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, request
from flask.logging import default_handler

LINE = "[%(asctime)s] %(levelname)s in %(module)s: [%(request_id)s] %(message)s"
OUTSIDE = {"request_id": "-"}  # of requests
# A line break would begin a line of the client's own, and an escape sequence write in a terminal.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class OneLine(logging.Formatter):
    """Writes a message on one line; the traceback of an exception follows, indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """Return the line, each control character as it is written in Python."""
        record.message = CONTROLS.sub(_escaped, record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # as above
        """Return the traceback. What a client sent may stand in it, but never begins a line."""
        lines = super().formatException(ei).split("\n")
        return "\n".join("    " + CONTROLS.sub(_escaped, line) for line in lines)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def init_app(app: Flask) -> None:
    """Set the level and the form of what is logged, and log each request at INFO."""
    app.logger.setLevel(app.config["LOG_LEVEL"])
    app.logger.addFilter(add_request_id)
    # Flask's handler, which serves where nobody has set up another.
    default_handler.setFormatter(OneLine(LINE, defaults=OUTSIDE))


def add_request_id(record: logging.LogRecord) -> bool:
    """Give what is logged in a request the attribute ``request_id``, for any formatter to use."""
    if request and "request_id" in g:
        record.request_id = g.request_id
    return True


def log_request(response: Response) -> None:
    """Write the line of a request that has been answered."""
    if not current_app.logger.isEnabledFor(logging.INFO):
        return
    milliseconds = (time.perf_counter() - g.began) * 1000
    path = quote(request.path)
    status = response.status_code
    current_app.logger.info("%s %s %d in %.1f ms", request.method, path, status, milliseconds)
