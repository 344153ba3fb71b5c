"""The preview, and the page that shows it."""

from flask import Blueprint, Response, current_app, render_template

from common.api import Produces, endpoint
from common.errors import invalid
from common.fetch import Refused

from . import previews
from .fetching import check_url
from .schemas import PreviewOut, PreviewQuery
from .seed import examples
from .settings import allowed_hosts, allowed_ports

bp = Blueprint("link_preview", __name__)


@bp.get("/")
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page where people paste links."""
    return Response(render_template("index.html", examples=examples()))


@bp.get("/preview")
@endpoint(errors=(502, 503, 504))
def show_preview(query: PreviewQuery) -> PreviewOut:
    """Tell what a page says about itself.

    A URL that must not be fetched, or that redirects to one, is a 422 with the reason. Where the
    other side fails it is a 502, with its ``upstream_status`` if it has answered; where it takes
    too long, a 504.
    """
    config = current_app.config
    try:
        url = check_url(query.url, allowed_ports(config), allowed_hosts(config))
    except Refused as error:
        raise invalid(str(error), "query", "url") from error
    return previews.preview(url, refresh=query.refresh)
