"""Demo data, and a small web site to try previews on: ``flask upstream`` serves it."""

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import chain, repeat

from flask import current_app
from werkzeug.wrappers import Request, Response

from common import clock
from common.database import insert

from .models import Preview, db
from .settings import allowed_hosts

ADDRESS = "127.0.0.1:5080"  # of the site

DEMO = {  # previews that are there without any network
    "https://flask.example/": {
        "title": "Flask, as an example",
        "description": "A page that nobody can fetch: .example is reserved. Its preview is kept.",
        "site_name": "Flask",
        "image": "https://flask.example/flask.png",
        "lang": "en",
    },
    "https://news.example/octopus": {
        "title": "Octopuses dream in colour & pattern",
        "description": "Their skin shows what they see while they sleep, says a new study.",
        "site_name": "The Daily Example",
        "image": "https://news.example/octopus.jpg",
        "lang": "en",
        "type": "article",
    },
}

ARTICLE = """<!doctype html><html lang="en"><head><title>Article - The Daily Example</title>
<meta property="og:title" content="Octopuses dream in colour &amp; pattern">
<meta property="og:description" content="Their skin shows what they see
  while they sleep, says a new study.">
<meta property="og:image" content="/octopus.svg"><meta property="og:type" content="article">
<meta property="og:site_name" content="The Daily Example"><link rel="icon" href="/octopus.svg">
<link rel="canonical" href="/article?page=1"></head><body>…</body></html>"""
RECIPE = """<title>Recipes</title><script type="application/ld+json">{"@type": "Recipe",
"name": "Plum dumplings", "description": "With cinnamon, for four.", "image": ["dumplings.jpg"],
"publisher": {"name": "Grandmother's kitchen"}, "inLanguage": "en"}</script>"""
TEA = """<meta charset=shift_jis><title>お茶の入れ方</title>
<meta name=description content="急須と八十度のお湯で。">"""


@dataclass(frozen=True)
class Demo:
    """A page of the demo site: what it shows, and the answer."""

    shows: str
    make: Callable[[], bytes | Iterable[bytes]] = bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})


@cache
def bomb() -> bytes:
    """Return 30 kB that become 30 MB."""
    return gzip.compress(b"<title>A bomb, defused</title>" + bytes(30_000_000))


PAGES = {
    "/article": Demo("Open Graph", ARTICLE.encode),
    "/recipe": Demo("JSON-LD", RECIPE.encode),
    "/tea": Demo("Shift_JIS", lambda: TEA.encode("shift_jis")),
    "/report.pdf": Demo("a PDF", lambda: bytes(48_213), 200, {"Content-Type": "application/pdf"}),
    "/moved": Demo("a redirect", status=301, headers={"Location": "/article"}),
    "/router": Demo("a redirect inside", bytes, 302, {"Location": "http://192.168.0.1/admin"}),
    "/bomb": Demo(
        "a gzip bomb", bomb, 200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    ),
    "/endless": Demo(
        "an endless page",
        lambda: chain([b"<title>An endless page</title>"], repeat(b"<p>and so on</p>" * 1000)),
    ),
    "/broken": Demo("an error", lambda: b"Something went wrong.", 500),
}


def seed() -> int:
    """Keep the demo previews that are not there; return how many."""
    added = 0
    for url, said in DEMO.items():
        fields = {"canonical_url": url, "type": "website", "favicon": f"{url}favicon.ico", **said}
        statement = insert(db, Preview).values(kept(url, fields)).on_conflict_do_nothing()
        if db.session.scalar(statement.returning(Preview.url)) is not None:
            added += 1
    db.session.commit()
    return added


def kept(url: str, fields: Mapping[str, str]) -> dict[str, object]:
    """Return the columns of a preview that has just been fetched."""
    now = clock.now()
    return {
        "url": url,
        "outcome": {"preview": dict(fields)},
        "fetched_at": now,
        "expires_at": now + timedelta(seconds=current_app.config["CACHE_SECONDS"]),
        "claimed_until": now,
    }


@Request.application
def site(request: Request) -> Response:
    """Answer with a page."""
    page = PAGES.get(request.path)
    if page is None:
        return Response("Nothing here.", 404)
    return Response(page.make(), page.status, page.headers)


def examples() -> dict[str, str]:
    """Return URLs of the site and what they show; none where it may not be fetched."""
    if ADDRESS not in allowed_hosts(current_app.config):
        return {}
    return {f"http://{ADDRESS}{path}": page.shows for path, page in PAGES.items()}
