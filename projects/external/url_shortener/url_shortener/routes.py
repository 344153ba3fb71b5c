"""The API for links, the redirect, and two pages for people."""

from datetime import datetime, timedelta
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)
from sqlalchemy import or_, select, update
from werkzeug.datastructures import Headers
from werkzeug.utils import redirect

from common import clock
from common.api import Created, Page, Produces, endpoint
from common.errors import Problem, invalid
from common.pagination import paginate

from . import clicks, links, urls
from .models import Link, db
from .schemas import CreateQuery, LinkIn, LinkOut, LinkPatch, ListQuery, StatsOut, StatsQuery

bp = Blueprint("url_shortener", __name__)

MAX_AGE = timedelta(days=1)  # in which a cache may answer in our place for a permanent link
PUNCTUATION = ".,;:!?'\")]}>"  # what a short link in a text is followed by


class Redirect(Response):
    """A redirect to the URL as it is: Werkzeug would take the sign of an empty query away."""

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """Return the headers as they are sent."""
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


@bp.get("/")
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page where people make links and watch their clicks."""
    return Response(render_template("index.html"))


@bp.post("/links")
@endpoint(errors=(409,))
def create_link(body: LinkIn, query: CreateQuery) -> Created[LinkOut] | LinkOut:
    """Make a link: 201, or 200 with the link that ``reuse=true`` found.

    An alias that is taken or reserved is a 409 with a free ``suggestion``.
    """
    refuse_own_host(body.url)
    link, is_new = links.shorten(body, reuse=query.reuse)
    db.session.commit()
    if not is_new:
        return describe(link)
    return Created(describe(link), url_for(".show_link", code=link.code))


@bp.get("/links")
@endpoint
def list_links(query: ListQuery) -> Page[LinkOut]:
    """List the links, the newest first."""
    statement = select(Link).order_by(Link.id.desc())
    if query.q:
        in_url = Link.url.icontains(query.q, autoescape=True)
        in_code = Link.code.icontains(query.q, autoescape=True)
        statement = statement.where(or_(in_url, in_code))
    return paginate(db.session, statement, query, describe)


@bp.get("/links/<code>")
@endpoint
def show_link(code: str) -> LinkOut:
    """Show a link, an expired one too."""
    return describe(db.get_or_404(Link, code))


@bp.patch("/links/<code>")
@endpoint
def change_link(code: str, body: LinkPatch) -> LinkOut:
    """Change where a link leads, how, or until when. Its code stays."""
    changes = body.model_dump()
    if "url" in changes:
        refuse_own_host(changes["url"])
    link = db.get_or_404(Link, code, lock=True)
    for name, value in changes.items():
        setattr(link, name, value)
    db.session.commit()
    return describe(link)


@bp.delete("/links/<code>")
@endpoint
def delete_link(code: str) -> None:
    """Delete a link and its statistics.

    Its code answers 410 from now on and is never given again.
    """
    db.session.delete(db.get_or_404(Link, code, lock=True))
    db.session.commit()


@bp.get("/links/<code>/stats")
@endpoint
def show_stats(code: str, query: StatsQuery) -> StatsOut:
    """Count a link's clicks by day and by the site they came from."""
    return clicks.statistics(db.get_or_404(Link, code), query.days)


@bp.get("/<code>", strict_slashes=False)
@endpoint(
    errors=(404, 410),
    responses={301: "To the long URL, for good", 302: "To the long URL, for now"},
    any_query=True,
)
def follow(code: str) -> Response:
    """Redirect to the long URL and count the click.

    A permanent link answers 301, all others 302; `cache_control` says what caches may keep. The
    URL goes out as it is kept (`Redirect`).

    A GET adds one to the link's ``clicks`` and to the count of the day (UTC) and the referring
    host (`clicks.count`, `urls.host_of`), both in one transaction, and loses none when many come
    at once: with ``max_visits`` exactly so many get there. A HEAD gets the same answer and counts
    nothing, and so does a GET by which a browser only prepares a visit (``Sec-Purpose: prefetch``).
    An unknown code is a 404, a deleted, expired or used up link a 410 (`gone_or_unknown`); neither
    is counted.

    A short link in a text is often followed by what ends the sentence: a slash or `PUNCTUATION`
    behind the code does not matter.
    """
    code = code.rstrip(PUNCTUATION)
    now = clock.now()
    purpose = request.headers.get("Sec-Purpose", "")
    is_visit = request.method == "GET" and not purpose.startswith("prefetch")
    conditions = (Link.code == code, links.is_live(now))
    statement: Any = select(Link).where(*conditions)
    if is_visit:
        # One statement finds and counts: a number read first and written later loses clicks.
        statement = update(Link).where(*conditions).values(clicks=Link.clicks + 1).returning(Link)
    link = db.session.scalar(statement)
    if link is None:
        raise gone_or_unknown(code)
    if is_visit:
        host = urls.host_of(request.referrer or "")
        clicks.count(link.id, now.date(), host)
        db.session.commit()
    status = 301 if link.permanent else 302
    response = make_response(redirect(link.url, status, Redirect))
    response.headers["Cache-Control"] = cache_control(link, now)
    return response


@bp.get("/<code>+", strict_slashes=False)
@endpoint(
    errors=(404, 410),
    responses={200: Produces("The preview page", "text/html")},
    any_query=True,
)
def preview(code: str) -> Response:
    """Show where a link leads and how often it was followed, without following it."""
    now = clock.now()
    statement = select(Link).where(Link.code == code, links.is_live(now))
    link = db.session.scalar(statement)
    if link is None:
        raise gone_or_unknown(code)
    return Response(render_template("preview.html", link=describe(link)))


def describe(link: Link) -> LinkOut:
    """Return what the API says of a link, its short URL with the host that we were asked for."""
    return LinkOut(
        code=link.code,
        short_url=url_for(".follow", code=link.code, _external=True),
        url=link.url,
        permanent=link.permanent,
        clicks=link.clicks,
        max_visits=link.max_visits,
        created_at=link.created_at,
        expires_at=link.expires_at,
    )


def refuse_own_host(url: str) -> None:
    """Answer 422 to a URL of this service, by the name it was asked for or another one."""
    own_hosts = [request.host, *current_app.config["OWN_HOSTS"].split(",")]
    if urls.leads_to(url, own_hosts):
        raise invalid("leads to this service itself", "body", "url")


def cache_control(link: Link, now: datetime) -> str:
    """Return what caches keep: a permanent link for a day, but not beyond its end; no other.

    Each visit of a link with ``max_visits`` has to come here.
    """
    if not link.permanent or link.max_visits is not None:
        return "no-store"
    age = MAX_AGE
    if link.expires_at is not None:
        age = min(age, link.expires_at - now)
    return f"public, max-age={int(age.total_seconds())}"


def gone_or_unknown(code: str) -> Problem:
    """Return the problem of a code that leads nowhere: 410 if it did once, else 404."""
    if not links.is_taken(code):
        return Problem(404, "There is no such thing.")
    return Problem(410, "This link has expired, was used up or was deleted.")
