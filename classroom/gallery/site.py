"""The gallery's own pages: all ideas to search, and each project's README beside its app."""

import mimetypes
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, render_template, request, send_file, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from classroom.handout.files import common_files, source_files
from classroom.ideas import ROOT, Idea, floors

from . import readme
from .apps import Dispatcher

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# A frame may go wherever a link in an app leads, as a tab may; all else stays here.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "frame-src http: https:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

FLASK_RUN = "http://127.0.0.1:5000"  # where a README says that the app is


def create_gallery(root: Path = ROOT, data: Path | None = None) -> Dispatcher:
    """Return what to serve: the site, and under it the projects' apps.

    Each project keeps its data in its ``instance/``, or in ``data/<slug>`` where ``data`` is given.
    Raises IdeaError where an ``idea.toml`` is faulty.
    """
    site = Flask(__name__)
    all_floors = floors(root)
    ideas = {}
    concepts: set[str] = set()
    for floor in all_floors:
        for entry in floor.entries:
            if isinstance(entry, Idea):
                ideas[entry.slug] = entry
                concepts.update(entry.concepts)

    @site.get("/")
    def index() -> str:
        """List all ideas."""
        return render_template(
            "index.html", floors=all_floors, built=ideas, concepts=sorted(concepts, key=str.lower)
        )

    @site.get("/ideas/<slug>/")
    def show(slug: str) -> str:
        """Show one project: what it says of itself and what it does."""
        if slug not in ideas:
            abort(404)
        idea = ideas[slug]
        file = idea.folder / "README.md"
        text = f"# {idea.title}\n\n{idea.summary}\n\nIt has no README.md yet."
        if file.exists():
            text = file.read_text("utf-8")
        text = text.replace(FLASK_RUN, f"{request.host_url}apps/{slug}")  # the commands work here
        files = sources()
        html = readme.render(text, lambda address: link(idea, address, files))
        return render_template("idea.html", idea=idea, readme=Markup(html))  # noqa: S704  # cleaned

    @site.get("/source/<path:name>")
    def source(name: str) -> Response:
        """Show a file that a README links to: one of a project or of common, and no other."""
        if name not in sources():
            abort(404)
        kind, _ = mimetypes.guess_type(name)
        if kind is None or not kind.startswith("image/"):
            kind = "text/plain"
        return send_file(root / name, kind)

    @site.errorhandler(HTTPException)
    def problem(error: HTTPException) -> tuple[str, int]:
        """Show an error as a page."""
        page = render_template("error.html", title=error.name, detail=error.description)
        return page, error.code or 500

    @site.after_request
    def secure(response: Response) -> Response:
        """Allow what the pages need and nothing else."""
        response.headers.update(HEADERS)
        return response

    def failed(environ: "WSGIEnvironment", idea: Idea, reason: str) -> Response:
        with site.request_context(environ):
            page = render_template(
                "error.html",
                title=f"{idea.title} does not start",
                detail=reason,
                retry=f"{environ.get('SCRIPT_NAME', '')}/apps/{idea.slug}/",
            )
            response = site.make_response((page, 500))
            return site.process_response(response)

    def sources() -> set[str]:
        files = [*source_files(root / "projects", root), *common_files(root)]
        return {file.relative_to(root).as_posix() for file in files}

    def link(idea: Idea, address: str, files: set[str]) -> str | None:
        """Return where in the gallery the link of a README leads, None for nowhere."""
        relative, mark, fragment = address.partition("#")
        path = posixpath.normpath(posixpath.join(folder(idea), relative))
        for other in ideas.values():
            if path.removesuffix("/README.md") == folder(other):
                return url_for("show", slug=other.slug) + mark + fragment
        if path not in files:
            return None
        return url_for("source", name=path) + mark + fragment

    def folder(idea: Idea) -> str:
        return idea.folder.relative_to(root).as_posix()

    return Dispatcher(site, ideas.values(), failed, data)
