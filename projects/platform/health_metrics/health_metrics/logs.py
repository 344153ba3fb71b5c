"""Logs as JSON, one object a line, each with the id of its request."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from flask import Flask, has_request_context, request
from flask.logging import wsgi_errors_stream


class JsonLines(logging.Formatter):
    """Writes a record as one line: no message, however odd, can look like two."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request_id"] = getattr(record, "request_id", None)  # common adds it
            line["method"] = request.method
            line["path"] = request.path
            line["route"] = getattr(request.url_rule, "rule", None)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def init_app(app: Flask) -> None:
    """Let the logger of ``app`` write JSON, to where the server wants its errors."""
    handler = logging.StreamHandler(wsgi_errors_stream)  # type: ignore[call-overload]  # a proxy of it
    handler.setFormatter(JsonLines())
    app.logger.handlers[:] = [handler]  # not Flask's: that one is shared by all applications
