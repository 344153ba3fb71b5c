"""Every error as a problem document (RFC 9457), and never a stack trace, SQL or a path in it.

What the database refuses is told as what it is. A conflict with what is stored is a 409, a value
out of range a 422; a database that is busy or away is a 503 and a full disk a 507. Everything else,
such as SQL that cannot be read or a broken CHECK, is a mistake in the program: a 500, with its
traceback in the log.
"""

import errno
import json
import sqlite3
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

MEDIA_TYPE = "application/problem+json"
DETAILS = {  # clearer than Werkzeug's own words
    404: "There is nothing at this URL.",
    413: "The body is larger than this accepts.",
    500: "Something went wrong here. It has been logged under the X-Request-ID of this answer.",
}
CONFLICT = (409, "This contradicts what is stored already.")
OUT_OF_RANGE = (422, "A value is outside of what can be stored.")
BUSY = (503, "The database is busy; try again.")
AWAY = (503, "The database does not answer; try again.")
READ_ONLY = (503, "The database can only be read at the moment.")
FULL = (507, "There is no space left to store this.")
# By the beginning of the name that SQLite gives an error, or of PostgreSQL's SQLSTATE.
MEANINGS = {
    "SQLITE_CONSTRAINT_UNIQUE": CONFLICT,
    "SQLITE_CONSTRAINT_PRIMARYKEY": CONFLICT,
    "SQLITE_CONSTRAINT_ROWID": CONFLICT,
    "SQLITE_CONSTRAINT_FOREIGNKEY": CONFLICT,
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_PROTOCOL": BUSY,  # too many began at the same moment
    "SQLITE_CANTOPEN": AWAY,
    "SQLITE_IOERR_SHMSIZE": FULL,  # no room for the file by which processes share the WAL
    "SQLITE_IOERR": AWAY,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_FULL": FULL,
    "SQLITE_TOOBIG": OUT_OF_RANGE,
    "23505": CONFLICT,  # unique and primary keys
    "23503": CONFLICT,  # foreign keys
    "23001": CONFLICT,  # foreign keys with RESTRICT
    "23P01": CONFLICT,  # exclusion
    "22": OUT_OF_RANGE,
    "40": BUSY,  # deadlocks
    "55P03": BUSY,  # a lock was not to be had
    "08": AWAY,
    "57": AWAY,  # the server is starting or ending, or took too long
    "53300": BUSY,  # too many connections
    "25006": READ_ONLY,
    "53100": FULL,
}
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


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
    status = error.code or 500
    is_ready = error.response is not None
    if is_ready or status < HTTPStatus.BAD_REQUEST:  # or a redirect
        return make_response(error.get_response())
    document = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": _detail(error, status),
        **getattr(error, "members", {}),
    }
    if _wants_page():
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


def _wants_page() -> bool:
    accepted = request.accept_mimetypes
    page = accepted["text/html"]
    return page > accepted[MEDIA_TYPE] and page > accepted["application/json"]


def _detail(error: HTTPException, status: int) -> str:
    has_own_words = error.description != type(error).description
    if has_own_words and error.description:
        return error.description
    return DETAILS.get(status) or error.description or HTTP_STATUS_CODES[status]


def meaning_of(error: DBAPIError | sqlite3.Error) -> tuple[int, str] | None:
    """Return the status and the words for what the database says; None: the program is wrong."""
    original = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    if code is None:  # there was no connection, or it broke
        return AWAY if isinstance(error, OperationalError) else None
    for beginning, meaning in MEANINGS.items():
        if code.startswith(beginning):
            return meaning
    return None


def init_app(app: Flask) -> None:
    """Answer all errors of ``app`` as problems, those that the database raises too."""

    def refuse(status: int, detail: str, error: Exception) -> Response:
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            app.logger.info("the database refused: %s", error)
            return answer(Problem(status, detail))
        app.logger.warning("%s %s", detail, error)
        return answer(Problem(status, detail, headers={"Retry-After": "1"}))

    def database_error(error: DBAPIError | sqlite3.Error) -> Response:
        meaning = meaning_of(error)
        if meaning is None:
            raise error  # Flask logs it with its traceback, and answers 500
        return refuse(*meaning, error)

    def disk_error(error: OSError) -> Response:
        if error.errno not in DISK_FULL:
            raise error
        return refuse(*FULL, error)

    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(DBAPIError, database_error)
    app.register_error_handler(sqlite3.Error, database_error)  # of a connection, or a BEGIN
    app.register_error_handler(PoolTimeoutError, lambda error: refuse(*BUSY, error))
    app.register_error_handler(StaleDataError, lambda error: refuse(*CONFLICT, error))
    app.register_error_handler(ObjectDeletedError, lambda error: refuse(*CONFLICT, error))
    app.register_error_handler(OSError, disk_error)
