"""What the pages of a project refer to is there: modules, templates, static files."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from urllib.parse import urljoin

from jinja2 import TemplateNotFound, TemplateSyntaxError, meta, nodes

from common import __path__ as common_path

from .room import Room

IMPORT = re.compile(
    r"""^\s*(?:import|export)\b (?:[^"';=]*\bfrom\b)? \s* ["'](.+?)["']
      | \bimport\( \s* ["'](.+?)["']""",
    re.MULTILINE | re.VERBOSE,
)
MARKUP = re.compile(r"\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write(?:ln)?\b")
PREFIX = "/mounted"  # behind a proxy, an application may be anywhere


def scripts_import_what_is_served(room: Room) -> Iterator[str]:
    """Find an import in a script that no browser can follow."""
    for name, inside in files_in(room, "static"):
        if name.endswith((".js", ".mjs")):
            for found in IMPORT.finditer(room.text(name)):
                target = found[1] or found[2]
                if not target.startswith(("./", "../")):
                    yield f"{name}: imports {target!r}; write './…', or '../common/…' for common's."
                elif not is_served(room, urljoin(f"{PREFIX}/static/{inside}", target)):
                    yield f"{name}: imports {target!r}, and nothing is served there."


def is_served(room: Room, path: str) -> bool:
    """Tell whether this is the URL of a static file, of the project's or of common's."""
    found = re.fullmatch(rf"{PREFIX}/(static|common)/(.+)", path)
    return found is not None and (static_folder(room, found[1]) / found[2]).is_file()


def static_folder(room: Room, whose: str) -> Path:
    """Return the folder with the files of common, or of the project."""
    if whose == "common":
        return Path(next(iter(common_path))) / "describe/static"
    return room.folder / room.slug / "static"


def files_in(room: Room, folder: str) -> list[tuple[str, str]]:
    """Return the project's files in a folder of its package, each also by its name in there."""
    start = f"{room.slug}/{folder}/"
    return [(name, name.removeprefix(start)) for name in room.files if name.startswith(start)]


def templates_refer_to_what_is_there(room: Room) -> Iterator[str]:
    """Find a template that cannot be read, or that needs a template or static file in vain."""
    environment = room.app.jinja_env
    for name, _ in files_in(room, "templates"):
        try:
            tree = environment.parse(room.text(name))
        except TemplateSyntaxError as error:
            yield f"{name}: is no template, see line {error.lineno}: {error.message}"
            continue
        for template in sorted(filter(None, meta.find_referenced_templates(tree))):
            try:
                environment.loader.get_source(environment, template)
            except TemplateNotFound:
                yield f"{name}: needs the template {template!r}, which is not there."
        for endpoint, filename in static_files(tree):
            whose = endpoint.removesuffix("static").strip(".")
            if not (static_folder(room, whose) / filename).is_file():
                yield f"{name}: needs the static file {filename!r}, which is not there."


def static_files(tree: nodes.Template) -> Iterator[tuple[str, str]]:
    """Yield what the template asks for by ``url_for('static', filename='…')``."""
    for call in tree.find_all(nodes.Call):
        given = {argument.key: argument.value for argument in call.kwargs}
        match call.node, call.args, given.get("filename"):
            case nodes.Name(name="url_for"), [
                nodes.Const(value=str(endpoint))
            ], nodes.Const() as it:
                if endpoint.split(".")[-1] == "static":
                    yield endpoint, str(it.value)


def page_has_the_usual_files(room: Room) -> Iterator[str]:
    """Find a page whose script or style sheet is not where a reader looks first."""
    names = [PurePath(inside).name for _, inside in files_in(room, "static")]
    scripts = [name for name in names if name.endswith(".js")]
    if scripts and "page.js" not in scripts:
        yield f"{room.slug}/static/: the script that the page begins with is called page.js."
    for name in names:
        if name.endswith(".css") and name != "page.css":
            yield f"{room.slug}/static/{name}: call the style sheet page.css."


def scripts_make_no_markup(room: Room) -> Iterator[str]:
    """Find a script that makes markup of text, which somebody else may have written."""
    for folder in ("static", "templates"):
        for name, _ in files_in(room, folder):
            if name.endswith((".js", ".mjs", ".html")):
                for found in sorted(set(MARKUP.findall(room.text(name)))):
                    yield f"{name}: uses {found}; make elements, and set their textContent."


RULES = (
    page_has_the_usual_files,
    scripts_make_no_markup,
    scripts_import_what_is_served,
    templates_refer_to_what_is_there,
)
