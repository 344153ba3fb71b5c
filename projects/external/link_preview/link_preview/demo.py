"""A small web site to try previews on, good pages and bad ones: ``flask upstream``.

``flask run`` serves it beside the application, and adds it to ALLOW_HOSTS: it is on loopback, which
nobody else may fetch.
"""

import gzip
import socket
import threading
from collections.abc import Iterator
from functools import cache
from itertools import repeat

import click
from flask import Flask, Response, current_app, redirect
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as AnyResponse

from common import scheduler

HOST, PORT = "127.0.0.1", 5080
EXAMPLES = {  # path: what it shows
    "/article": "Open Graph",
    "/recipe": "JSON-LD",
    "/tea": "Shift_JIS",
    "/report.pdf": "a PDF",
    "/moved": "a redirect",
    "/router": "a redirect inside",
    "/bomb": "a gzip bomb",
    "/endless": "an endless page",
    "/broken": "an error",
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
TEA = "<title>お茶の入れ方</title><meta name=description content='急須と八十度のお湯で。'>"

site = Flask("link_preview.demo", static_folder=None)


@site.get("/article")
def article() -> str:
    """Answer with Open Graph's tags."""
    return ARTICLE


@site.get("/recipe")
def recipe() -> str:
    """Answer with JSON-LD."""
    return RECIPE


@site.get("/tea")
def tea() -> Response:
    """Answer in a charset that nothing names."""
    return Response(TEA.encode("shift_jis") * 3, content_type="text/html")


@site.get("/report.pdf")
def report() -> Response:
    """Answer with something that is no page."""
    return Response(bytes(48_213), content_type="application/pdf")


@site.get("/moved")
def moved() -> AnyResponse:
    """Lead to the article."""
    return redirect("/article", 301)


@site.get("/router")
def router() -> AnyResponse:
    """Lead to where no stranger has any business."""
    return redirect("http://192.168.0.1/admin", 302)


@site.get("/bomb")
def bomb() -> Response:
    """Answer with 30 kB that become 30 MB."""
    return Response(packed(), content_type="text/html", headers={"Content-Encoding": "gzip"})


@cache
def packed() -> bytes:
    """Return a page that is a thousand times as long as it looks."""
    return gzip.compress(b"<title>A bomb, defused</title>" + bytes(30_000_000))


@site.get("/endless")
def endless() -> Response:
    """Answer without end."""

    def page() -> Iterator[bytes]:
        yield b"<title>An endless page</title>"
        yield from repeat(b"<p>and so on</p>" * 1000)

    return Response(page(), content_type="text/html")


@site.get("/broken")
def broken() -> tuple[str, int]:
    """Fail."""
    return "Something went wrong.", 500


def init_app(app: Flask) -> None:
    """Add the command; under ``flask run``, serve the site in a thread and allow it."""
    app.cli.add_command(upstream)
    if not scheduler._in_flask_run():
        return
    try:
        server = _server(PORT)
    except OSError:
        app.logger.warning("There is no demo site: somebody else is at port %d.", PORT)
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app.config["ALLOW_HOSTS"] = ",".join(
        filter(None, [app.config["ALLOW_HOSTS"], f"{HOST}:{PORT}"])
    )


def examples() -> dict[str, str]:
    """Return URLs of the site and what they show; none where it may not be fetched."""
    if f"{HOST}:{PORT}" not in current_app.config["ALLOW_HOSTS"].split(","):
        return {}
    return {f"http://{HOST}:{PORT}{path}": what for path, what in EXAMPLES.items()}


@click.command("upstream")
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True)
def upstream(port: int) -> None:
    """Serve a small site to try previews on, until Ctrl-C."""
    try:
        server = _server(port)
    except OSError as error:
        raise click.ClickException(f"Port {port} is taken.") from error
    click.echo(f"http://{HOST}:{port}: {' '.join(EXAMPLES)}")
    server.serve_forever()


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the terminal is the application's."""


def _server(port: int) -> BaseWSGIServer:
    listener = socket.create_server((HOST, port))
    listener.set_inheritable(True)
    return make_server(
        HOST, port, site, threaded=True, request_handler=_Quiet, fd=listener.detach()
    )
