"""Every error as a problem document (RFC 9457), and never a stack trace, SQL or a path in it."""

import json
import sqlite3
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

MEDIA_TYPE = "application/problem+json"
DETAILS = {  # clearer than Werkzeug's own words
    404: "There is nothing at this URL.",
    413: "The body is larger than this accepts.",
    500: "Something went wrong here. It has been logged under the X-Request-ID of this answer.",
}


class Problem(HTTPException):
    """An answer that says no: ``raise Problem(409, "The alias is taken.", suggestion="docs-2")``.

    ``errors`` lists places in the request as ``{"loc": ["body", "alias"], "msg": "…"}``;
    ``headers`` are added to the answer; every other keyword becomes a member of the document.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail)
        self.code = status
        self.headers = headers or {}
        self.members = ({"errors": errors} if errors else {}) | members


def invalid(detail: str, *loc: str | int) -> Problem:
    """Return the 422 for one wrong place in the request: ``invalid("…", "body", "alias")``."""
    return Problem(422, detail, errors=[{"loc": list(loc), "msg": detail}])


def answer(error: HTTPException) -> Response:
    """Turn an exception with a status into its problem document, or a page for a browser."""
    if (
        error.response is not None or (error.code or 500) < HTTPStatus.BAD_REQUEST
    ):  # a ready answer, or a redirect
        return make_response(error.get_response())
    status = error.code or 500
    document = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": _detail(error, status),
        **getattr(error, "members", {}),
    }
    accepted = request.accept_mimetypes
    if (
        accepted["text/html"] > accepted[MEDIA_TYPE]
        and accepted["text/html"] > accepted["application/json"]
    ):
        response = make_response(render_template("common/error.html", problem=document))
    else:
        response = Response(json.dumps(document) + "\n", mimetype=MEDIA_TYPE)
    response.status_code = status
    response.vary.add("Accept")
    for name, value in error.get_headers():  # Allow of a 405, WWW-Authenticate of a 401, …
        if name != "Content-Type":
            response.headers[name] = value
    response.headers.update(getattr(error, "headers", {}))
    return response


def refuse_condition(response: Response) -> Response:
    """Answer with a problem where ``If-Match`` names another state than the one that is here.

    Werkzeug's ``make_conditional`` then changes the status alone: the body would go out, and what
    its headers let caches keep would be the refusal.
    """
    if response.status_code != HTTPStatus.PRECONDITION_FAILED or "ETag" not in response.headers:
        return response
    response.close()
    detail = "If-Match names another state than the one that is here."
    return answer(Problem(412, detail, headers={"Cache-Control": "no-store"}))


def _detail(error: HTTPException, status: int) -> str:
    own_words = error.description != type(error).description
    return (
        error.description if own_words else DETAILS.get(status, error.description)
    ) or HTTP_STATUS_CODES[status]


def init_app(app: Flask) -> None:
    """Answer all errors of ``app`` as problems, those that the database raises too."""

    def broken_rule(error: IntegrityError) -> Response:
        app.logger.info("constraint violated: %s", error.orig)
        return answer(Problem(409, "This contradicts what is stored already."))

    def busy(error: Exception) -> Response:
        app.logger.warning("database not available: %s", error.args)
        return answer(
            Problem(503, "The database is busy; try again.", headers={"Retry-After": "1"})
        )

    def out_of_range(error: DataError) -> Response:
        app.logger.info("value refused by the database: %s", error.orig)
        return answer(Problem(422, "A value is outside of what can be stored."))

    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(IntegrityError, broken_rule)
    app.register_error_handler(OperationalError, busy)
    app.register_error_handler(sqlite3.OperationalError, busy)  # of a BEGIN
    app.register_error_handler(DataError, out_of_range)
