"""The API for links, the redirect, and two pages for people."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import delete, or_, select, update

from common import clock
from common.api import Created, Page, Produces, endpoint
from common.errors import Problem
from common.pagination import paginate

from . import clicks, links, urls
from .models import Code, Link, db
from .schemas import CreateQuery, LinkIn, LinkOut, LinkPatch, ListQuery, Stats, StatsQuery

bp = Blueprint("links", __name__)

MAX_AGE = 24 * 60 * 60  # seconds that a cache may answer in our place for a permanent link


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
    link, is_new = links.shorten(body, reuse=query.reuse)
    answer = LinkOut.model_validate(link)
    return Created(answer, location=url_for(".show_link", code=link.code)) if is_new else answer


@bp.get("/links")
@endpoint
def list_links(query: ListQuery) -> Page[LinkOut]:
    """List the links, the newest first."""
    statement = select(Link).order_by(Link.id.desc())
    if query.q:
        in_url = Link.url.icontains(query.q, autoescape=True)
        in_code = Link.code.icontains(query.q, autoescape=True)
        statement = statement.where(or_(in_url, in_code))
    return paginate(db.session, statement, query, LinkOut)


@bp.get("/links/<code>")
@endpoint
def show_link(code: str) -> LinkOut:
    """Show a link, an expired one too."""
    return LinkOut.model_validate(stored(code))


@bp.patch("/links/<code>")
@endpoint
def change_link(code: str, body: LinkPatch) -> LinkOut:
    """Change where a link leads, how, or until when. Its code stays."""
    link = stored(code)
    for name, value in body.model_dump().items():
        setattr(link, name, value)
    db.session.commit()
    return LinkOut.model_validate(link)


@bp.delete("/links/<code>")
@endpoint
def delete_link(code: str) -> None:
    """Delete a link and its statistics.

    Its code answers 410 from now on and is never given again.
    """
    if db.session.scalar(delete(Link).where(Link.code == code).returning(Link.id)) is None:
        raise Problem(404, "There is no such link.")
    db.session.commit()


@bp.get("/links/<code>/stats")
@endpoint
def show_stats(code: str, query: StatsQuery) -> Stats:
    """Count a link's clicks by day and by the site they came from."""
    return clicks.statistics(stored(code), query.days)


@bp.get("/<code>")
@endpoint(
    errors=(404, 410),
    responses={301: "To the long URL, for good", 302: "To the long URL, for now"},
    any_query=True,
)
def follow(code: str) -> Response:
    """Redirect to the long URL and count the click.

    A permanent link answers 301, and caches may keep that for a day (`MAX_AGE` seconds), but not
    beyond the link's end: ``Cache-Control: public, max-age=…``. All others answer 302 with
    ``no-store``, so that each visit comes here and is counted.

    A GET adds one to the link's ``clicks`` and to the count of the day (UTC) and the referring
    host (`clicks.count`, `urls.host_of`), both in one transaction, and loses none when many come
    at once. A HEAD gets the same answer and counts nothing. An unknown code is a 404, a deleted
    or expired link a 410 (`gone_or_unknown`); neither is counted.
    """
    now = clock.now()
    found = (Link.code == code) & Link.is_live(now)
    columns = (Link.id, Link.url, Link.permanent, Link.expires_at)
    if request.method == "HEAD":
        link = db.session.execute(select(*columns).where(found)).one_or_none()
    else:
        # One statement finds and counts: a number read first and written later loses clicks.
        counted = update(Link).where(found).values(clicks=Link.clicks + 1).returning(*columns)
        link = db.session.execute(counted).one_or_none()
    if link is None:
        raise gone_or_unknown(code)
    if request.method != "HEAD":
        clicks.count(link.id, now.date(), urls.host_of(request.referrer or ""))
        db.session.commit()
    cache = "no-store"
    if link.permanent:
        left = int((link.expires_at - now).total_seconds()) if link.expires_at else MAX_AGE
        cache = f"public, max-age={min(left, MAX_AGE)}"
    response = make_response(redirect(link.url, 301 if link.permanent else 302))
    response.headers["Cache-Control"] = cache
    return response


@bp.get("/<code>+")
@endpoint(
    errors=(404, 410),
    responses={200: Produces("The preview page", "text/html")},
    any_query=True,
)
def preview(code: str) -> Response:
    """Show where a link leads and how often it was followed, without following it."""
    link = db.session.scalar(select(Link).where(Link.code == code, Link.is_live(clock.now())))
    if link is None:
        raise gone_or_unknown(code)
    return Response(render_template("preview.html", link=link))


def stored(code: str) -> Link:
    """Return a link, or raise the 404."""
    link: Link | None = db.session.scalar(select(Link).where(Link.code == code))
    if link is None:
        raise Problem(404, "There is no such link.")
    return link


def gone_or_unknown(code: str) -> Problem:
    """Return the problem of a code that leads nowhere: 410 if it did once, else 404."""
    if db.session.get(Code, code) is None:
        return Problem(404, "There is no such link.")
    return Problem(410, "This link has expired or was deleted.")
