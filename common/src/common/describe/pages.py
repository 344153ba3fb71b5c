"""What every application shows of itself: landing page, API docs, health, stylesheet, headers."""

import json
from collections.abc import Callable, Iterable
from importlib import resources
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    render_template,
    request,
    send_from_directory,
)
from sqlalchemy import text

from common.api import Produces, Schema, endpoint
from common.describe import examples, openapi
from common.errors import Problem

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
DOCS_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js")

about = Blueprint(
    "common",
    __name__,
    static_folder="static",
    static_url_path="/common",
    template_folder="templates",
)
landing = Blueprint("landing", __name__)


class Health(Schema):
    """Whether the application and its database answer."""

    status: str


def init_app(app: Flask) -> None:
    """Add the routes that every application has."""
    app.register_blueprint(about)
    app.wsgi_app = _with_security_headers(app.wsgi_app)  # type: ignore[method-assign,assignment]
    app.jinja_env.globals["app_title"] = lambda: _document()["info"]["title"]


def _with_security_headers(app: WSGI) -> WSGI:
    """Return ``app`` with these headers on each answer.

    ``after_request`` would be the plain place. But Werkzeug checks and copies every header of a
    response twice, which was a third of all the time that common takes of a request.
    """
    more = list(SECURITY_HEADERS.items())

    def with_headers(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, headers + more, *error)

        return app(environ, start)

    return with_headers


@about.get("/healthz")
@endpoint(errors=(503,))
def healthz() -> Health:
    """Tell whether the application and its database answer."""
    db = current_app.extensions.get("sqlalchemy")
    if db is not None:
        try:
            db.session.execute(text("SELECT 1"))
        except Exception:
            current_app.logger.exception("health check")
            raise Problem(
                503, "The database does not answer.", headers={"Retry-After": "1"}
            ) from None
    return Health(status="ok")


@about.get("/openapi.json")
@endpoint(responses={200: Produces("The OpenAPI 3.1 document", "application/json")})
def openapi_document() -> Response:
    """Describe this API as OpenAPI 3.1."""
    document = {**_document(), "servers": [{"url": request.script_root or "/"}]}
    return Response(json.dumps(document) + "\n", mimetype="application/json")


@about.get("/docs")
@endpoint(responses={200: Produces("The documentation page", "text/html")})
def docs() -> Response:
    """Show the API's documentation, to read and to try; works without the internet."""
    return Response(render_template("common/docs.html"))


@about.get("/common/docs/<path:name>")
def docs_asset(name: str) -> Response:
    """Serve the two files of Swagger UI that the page needs."""
    if name not in DOCS_ASSETS:
        raise Problem(404, "There is no such file.")
    return send_from_directory(
        str(resources.files("flask_swagger_ui") / "dist"), name, max_age=86400
    )


@landing.get("/")
@endpoint(responses={200: Produces("A page about this API", "text/html")}, any_query=True)
def index() -> Response:
    """Show what this is and its routes, each with a command line and a form to try it."""
    document = _document()
    entries = examples.entries(document)
    lists = [entry for entry in entries if entry.is_list and not entry.needs_input]
    context = {
        "info": document["info"],
        "entries": entries,
        "newest": lists[0] if lists else None,
        "login": examples.login(document),
        "takes_token": any(entry.header for entry in entries),
        "root": request.script_root,
    }
    return Response(render_template("common/landing.html", **context))


def _document() -> dict[str, Any]:
    """Return the OpenAPI document of the current app, made once."""
    found: dict[str, Any] | None = current_app.extensions.get("common_openapi")
    if found is None:
        found = current_app.extensions["common_openapi"] = openapi.document(current_app)
    return found
