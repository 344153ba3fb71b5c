"""The preview, and the page that shows it."""

from flask import Blueprint, Response, render_template

from common.api import Produces, endpoint

from . import demo, previews
from .schemas import PreviewOut, PreviewQuery

bp = Blueprint("preview", __name__)


@bp.get("/")
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page where people paste links."""
    return Response(render_template("index.html", examples=demo.examples()))


@bp.get("/preview")
@endpoint(errors=(502, 503, 504))
def show_preview(query: PreviewQuery) -> PreviewOut:
    """Tell what a page says about itself.

    A URL that must not be fetched, or that redirects to one, is a 422 with the reason. Where the
    other side fails it is a 502, with its ``upstream_status`` if it has answered; where it takes
    too long, a 504.
    """
    return previews.preview(query.url)
