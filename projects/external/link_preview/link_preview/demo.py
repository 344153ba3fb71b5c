"""A small web site to try previews on: ``flask upstream``. Its pages stand in ``seed.py``."""

from flask import current_app
from werkzeug.wrappers import Request, Response

from .seed import PAGES

ADDRESS = "127.0.0.1:5080"


@Request.application
def site(request: Request) -> Response:
    """Answer with a page."""
    page = PAGES.get(request.path)
    if page is None:
        return Response("Nothing here.", 404)
    return Response(page.make(), page.status, page.headers)


def examples() -> dict[str, str]:
    """Return URLs of the site and what they show; none where it may not be fetched."""
    if ADDRESS not in current_app.config["ALLOW_HOSTS"].split(","):
        return {}
    return {f"http://{ADDRESS}{path}": page.shows for path, page in PAGES.items()}
