"""The same files in the same places, under names that fit."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import PurePath

from packaging.requirements import InvalidRequirement, Requirement

from classroom.handout.eject import PATH_INSTALL
from classroom.ideas import IdeaError, load

from .code import installed
from .room import Room

FURNITURE = {
    "README.md": "what it is, for people",
    "idea.toml": "what it is, for the tools",
    "requirements.txt": "what it needs",
    ".env.example": "every variable that it reads",
    "wsgi.py": "where flask run and gunicorn start",
    "{slug}/__init__.py": "create_app",
    "{slug}/models.py": "what is stored",
    "{slug}/schemas.py": "what the API takes and gives",
    "{slug}/routes.py": "the HTTP interface",
    "{slug}/seed.py": "demo data",
    "tests/test_stories.py": "the graded tests",
    "tests/growth.py": "made-up rows, and the lists that must stay fast with them",
}
LATER = {  # required as soon as every project has them
    "requirements-test.txt": "what a learner needs to run the tests",
    "tests/slips.toml": "a line that breaks each promise",
    "tests/naive.toml": "the simplest plausible code for each stub",
}


def every_room_has_the_same_files(room: Room) -> Iterator[str]:
    """Find a file that is missing."""
    for pattern, what in FURNITURE.items():
        name = pattern.format(slug=room.slug)
        if name not in room.files:
            yield f"{name} is missing: {what}."


def every_lesson_has_unit_tests(room: Room) -> Iterator[str]:
    """Find a module with functions for students, but without tests of its own."""
    modules = {stub.split(".")[-2] for stub in room.idea["stubs"]}
    for module in sorted(modules - {"routes"}):  # the stories are the tests of the routes
        if f"tests/test_{module}.py" not in room.files:
            yield f"tests/test_{module}.py is missing: students write functions of {module}.py."


def idea_toml_is_right(room: Room) -> Iterator[str]:
    """Find what the schema refuses, points that are not 100, a slug that is not the folder's."""
    try:
        load(room.folder / "idea.toml", room.folder)
    except IdeaError as error:
        yield from str(error).splitlines()


def requirements_begin_with_common(room: Room) -> Iterator[str]:
    """Find a first line that is not common by its path, and others that pip cannot read."""
    first, *others = room.text("requirements.txt").splitlines() or [""]
    if not PATH_INSTALL.fullmatch(first):
        yield f"requirements.txt: begins with {first!r}; write '-e ../../../common', or [extras]."
    for line in others:
        try:
            Requirement(line)
        except InvalidRequirement:
            yield f"requirements.txt: {line!r} is no requirement; write 'name>=version'."


def application_is_made_by_create_app(room: Room) -> Iterator[str]:
    """Find a factory that has another name or other arguments, and a wsgi.py that is more."""
    made = [node for node in room.tree(f"{room.slug}/__init__.py").body if is_create_app(node)]
    if not made:
        yield f"{room.slug}/__init__.py: needs 'def create_app(config: … | None = None) -> Flask:'."
    start = [
        ast.unparse(node) for node in room.tree("wsgi.py").body[1:]
    ]  # the first: its docstring
    if start != [f"from {room.slug} import create_app", "app = create_app()"]:
        yield f"wsgi.py: after its docstring, only import create_app from {room.slug} and call it."


def is_create_app(node: ast.stmt) -> bool:
    """Tell whether this defines ``create_app(config=None)``."""
    return (
        isinstance(node, ast.FunctionDef)
        and node.name == "create_app"
        and [argument.arg for argument in node.args.args] == ["config"]
        and [ast.unparse(default) for default in node.args.defaults] == ["None"]
    )


def names_are_free(room: Room) -> Iterator[str]:
    """Find a module that hides one of the standard library or of what is installed."""
    taken = sys.stdlib_module_names | installed().keys() | {"common", "classroom"}
    own = {
        (PurePath(name).parent if name.endswith("__init__.py") else PurePath(name))
        for name in room.files
        if name.endswith(".py")
    }
    for path in sorted(own):
        if path.stem in taken:
            yield f"{path}: hides the module {path.stem} that others import; choose another name."


def nothing_else_lies_about(room: Room) -> Iterator[str]:
    """Find files at the top that belong nowhere."""
    top = {PurePath(name).parts[0] for name in room.files}
    known = {PurePath(name.format(slug=room.slug)).parts[0] for name in FURNITURE | LATER}
    for name in sorted(top - known):
        yield f"{name}: belongs into {room.slug}/ or tests/, or nowhere."


def only_plain_names(room: Room) -> Iterator[str]:
    """Find a file name that some system cannot hold or some shell must quote."""
    for name in room.files:
        if not re.fullmatch(r"[A-Za-z0-9_./-]+", name):
            yield f"{name}: use letters, digits, - and _ in names of files."


RULES = (
    every_room_has_the_same_files,
    every_lesson_has_unit_tests,
    idea_toml_is_right,
    requirements_begin_with_common,
    application_is_made_by_create_app,
    names_are_free,
    nothing_else_lies_about,
    only_plain_names,
)
