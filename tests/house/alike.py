"""One way for each thing: names and places that are the same in every project."""

import ast
import re
import typing
from collections.abc import Iterator

from pydantic import BaseModel

from common import api

from .calls import functions, is_view, own
from .code import imported
from .room import Room

COMMITTING = {"routes", "commands", "seed"}  # modules whose functions commit
GIVES_JOBS = {"init_app", "enqueue"}  # of common.scheduler and common.jobs
MADE_IN = {"common.fields", "common.pagination"}  # and passed on by common.api
ARTICLE = re.compile(r"^test_(?:.*_)?(?:the|a|an)_")
SUFFIXES = {"body": "In", "form": "In", "query": "Query", "return": "Out"}
NO_ROW = re.compile(r"\braise (?:Problem\(404|NotFound\b)|_or_404\(|\babort\(404")


def blueprint_is_named_like_the_project(room: Room) -> Iterator[str]:
    """Find routes under another name than the project's."""
    if room.slug not in room.app.blueprints:
        yield f"{room.slug}/routes.py: name the blueprint like the project: {room.slug!r}."


def models_are_named_by_their_use(room: Room) -> Iterator[str]:
    """Find a model of requests or answers whose name does not say which."""
    for rule in room.app.url_map.iter_rules():
        operation = getattr(room.app.view_functions[rule.endpoint], "operation", None)
        for argument, hint in operation.hints.items() if operation else []:
            suffix = SUFFIXES.get(argument)
            if suffix == "In" and "PATCH" in (rule.methods or ()):
                suffix = "Patch"
            for model in models_in(hint):
                is_own = model.__module__.partition(".")[0] == room.slug
                if is_own and suffix and not model.__name__.endswith(suffix):
                    yield (
                        f"{rule.rule}: {model.__name__} is a view's {argument}; call it "
                        f"{model.__name__}{suffix}, or whatever ends with {suffix}."
                    )


def models_in(hint: object) -> Iterator[type[BaseModel]]:
    """Yield the models in a type hint: ``Created[ThingOut]`` has one."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for inner in typing.get_args(hint):
        yield from models_in(inner)


def helpers_of_routes_are_named_plainly(room: Room) -> Iterator[str]:
    """Find a function in routes.py that hides behind an underscore."""
    file = f"{room.slug}/routes.py"
    for function in own(room, file):
        if function.name.startswith("_"):
            yield f"{file}: call {function.name} {function.name.strip('_')}; routes hide nothing."


def finders_are_called_find(room: Room) -> Iterator[str]:
    """Find a function that answers 404 for a row, but is no view, under another name."""
    for file in room.code:
        for function in own(room, file):
            is_finder = NO_ROW.search(ast.unparse(function)) and not is_view(function)
            if is_finder and not function.name.startswith("find_"):
                yield f"{file}: {function.name} answers 404; what finds a row is called find_…"


def only_routes_commands_and_jobs_commit(room: Room) -> Iterator[str]:
    """Find a function of a lesson that commits behind the back of who calls it."""
    committing = {f"{room.slug}/{name}.py" for name in COMMITTING} | files_with_jobs(room)
    for file in room.code:
        if file in committing:
            continue
        for function in functions_and_methods(room.tree(file)):
            commits = ".commit()" in ast.unparse(function)
            if commits and "commit" not in function.name:
                yield (
                    f"{file}: {function.name} commits; the route, the command or the job does "
                    "that, once, last. Or let its name say so."
                )


def functions_and_methods(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield the functions at the top of a file and those of its classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (inner for inner in node.body if isinstance(inner, ast.FunctionDef))


def files_with_jobs(room: Room) -> set[str]:
    """Return the files with what a queue, a scheduler or a WebSocket calls."""
    found = set()
    for file in room.code:
        known = functions(room, file)
        for node in ast.walk(room.tree(file)):
            match node:
                case ast.Call(func=ast.Attribute(attr=attr)) if attr in GIVES_JOBS:
                    given = [*node.args, *(keyword.value for keyword in node.keywords)]
                    names = [ast.unparse(argument) for argument in given]
                    found |= {known[name][0] for name in names if name in known}
                case ast.Call(func=ast.Attribute(attr="converse")):
                    found.add(file)  # it serves a WebSocket, as routes serve requests
    return found


def lessons_import_no_flask(room: Room) -> Iterator[str]:
    """Find a lesson, the models or the schemas that cannot be understood without Flask."""
    lessons = {stub.split(".")[-2] for stub in room.idea["stubs"]} - {"routes"}
    for stem in sorted(lessons | {"models", "schemas"}):
        file = f"{room.slug}/{stem}.py"
        for name in sorted(imported(room.tree(file))):
            if name == "flask" or name.startswith("flask_"):
                yield f"{file}: imports {name}; let the route hand over what is needed."


def checks_have_names(room: Room) -> Iterator[str]:
    """Find a CHECK of which an error could not say which it is."""
    for file in room.code:
        for node in ast.walk(room.tree(file)):
            match node:
                case ast.Call(func=ast.Name(id="CheckConstraint"), keywords=keywords):
                    if not any(keyword.arg == "name" for keyword in keywords):
                        yield f"{file}:{node.lineno}: CheckConstraint needs name=."


def types_come_from_the_api(room: Room) -> Iterator[str]:
    """Find what ``common.api`` has for everybody, imported from where it is made."""
    for file in room.code:
        for node in ast.walk(room.tree(file)):
            if isinstance(node, ast.ImportFrom) and node.module in MADE_IN:
                for alias in node.names:
                    if alias.name in api.__all__:
                        yield f"{file}: import {alias.name} from common.api, not {node.module}."


def conditions_are_listed(room: Room) -> Iterator[str]:
    """Find conditions that are joined by ``&`` where a comma does."""
    for file in room.code:
        for node in ast.walk(room.tree(file)):
            match node:
                case ast.Call(func=ast.Attribute(attr="where"), args=arguments):
                    if any(is_and(argument) for argument in arguments):
                        yield f"{file}:{node.lineno}: write where(a, b), not where((a) & (b))."


def is_and(node: ast.expr) -> bool:
    """Tell whether an expression is ``a & b``."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd)


def tests_are_written_alike(room: Room) -> Iterator[str]:
    """Find tests with an article in their name, with annotations, or with an ``answer``."""
    for file in room.tests:
        for function in functions_and_methods(room.tree(file)):
            name = f"{file}: {function.name}"
            if ARTICLE.search(function.name):
                yield f"{name}: leave out the articles: test_second_vote_is_refused."
            if function.returns or any(argument.annotation for argument in function.args.args):
                yield f"{name}: tests have no annotations; names say what a fixture is."
            named = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            if named & {"answer", "answers"}:
                yield f"{name}: call it response, as everybody does."


RULES = (
    types_come_from_the_api,
    conditions_are_listed,
    tests_are_written_alike,
    blueprint_is_named_like_the_project,
    models_are_named_by_their_use,
    helpers_of_routes_are_named_plainly,
    finders_are_called_find,
    only_routes_commands_and_jobs_commit,
    lessons_import_no_flask,
    checks_have_names,
)
