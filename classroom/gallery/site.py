"""The gallery's own pages: all ideas to search, and each project's README beside its app."""

import mimetypes
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, render_template, request, send_file, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from classroom.handout.eject import common_files, source_files
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
    entries = [entry for floor in all_floors for entry in floor.entries]
    ideas = {entry.slug: entry for entry in entries if isinstance(entry, Idea)}
    concepts = {concept for idea in ideas.values() for concept in idea.concepts}

    @site.get("/")
    def index() -> str:
        """List all ideas."""
        return render_template(
            "index.html", floors=all_floors, built=ideas, concepts=sorted(concepts, key=str.lower)
        )

    @site.get("/ideas/<slug>/")
    def show(slug: str) -> str:
        """Show one project: what it says of itself and what it does."""
        idea = ideas.get(slug) or abort(404)
        file, files = idea.folder / "README.md", sources()
        missing = f"# {idea.title}\n\n{idea.summary}\n\nIt has no README.md yet."
        text = file.read_text("utf-8") if file.exists() else missing
        text = text.replace(FLASK_RUN, f"{request.host_url}apps/{slug}")  # the commands work here
        html = readme.render(text, lambda address: link(idea, address, files))
        return render_template("idea.html", idea=idea, readme=Markup(html))  # noqa: S704  # cleaned

    @site.get("/source/<path:name>")
    def source(name: str) -> Response:
        """Show a file that a README links to: one of a project or of common, and no other."""
        if name not in sources():
            abort(404)
        kind = mimetypes.guess_type(name)[0] or ""
        return send_file(root / name, kind if kind.startswith("image/") else "text/plain")

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
            retry = f"{environ.get('SCRIPT_NAME', '')}/apps/{idea.slug}/"
            title = f"{idea.title} does not start"
            page = render_template("error.html", title=title, detail=reason, retry=retry)
            return site.process_response(site.make_response((page, 500)))

    def sources() -> set[str]:
        files = [*source_files(root / "projects", root), *common_files(root)]
        return {file.relative_to(root).as_posix() for file in files}

    def link(idea: Idea, address: str, files: set[str]) -> str | None:
        """Return where in the gallery the link of a README leads, None for nowhere."""
        path, mark, fragment = address.partition("#")
        path = posixpath.normpath(posixpath.join(folder(idea), path))
        for other in ideas.values():
            if path in {folder(other), f"{folder(other)}/README.md"}:
                return url_for("show", slug=other.slug) + mark + fragment
        return url_for("source", name=path) + mark + fragment if path in files else None

    def folder(idea: Idea) -> str:
        return idea.folder.relative_to(root).as_posix()

    return Dispatcher(site, ideas.values(), failed, data)
