"""How the code of a project is: its lesson, what it imports and reads."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions
from importlib.metadata import requires as requirements_of

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from classroom.handout.eject import PATH_INSTALL

from .room import Room

COMMON = "flask45-common"
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def stubs_are_functions(room: Room) -> Iterator[str]:
    """Find what students shall write and cannot: it is not there, or does not say what it does."""
    for stub in room.idea["stubs"]:
        module, _, name = stub.rpartition(".")
        file = f"{room.slug}/{module.replace('.', '/')}.py"
        defined = [node for node in room.tree(file).body if isinstance(node, Function)]
        found = next((node for node in defined if node.name == name), None)
        if found is None:
            yield f"idea.toml: there is no function {name} in {file} for the stub {stub!r}."
            continue
        if not ast.get_docstring(found):
            yield f"{file}: {name} needs a docstring, which is all that students get."
        arguments = [*found.args.posonlyargs, *found.args.args, *found.args.kwonlyargs]
        for argument in arguments:
            if argument.annotation is None:
                yield f"{file}: {name} needs an annotation for {argument.arg}."
        if found.returns is None:
            yield f"{file}: {name} needs an annotation of what it returns."


def environment_is_read_in_settings_alone(room: Room) -> Iterator[str]:
    """Find code that reads the environment behind the back of the settings."""
    for name in [*room.code, "wsgi.py"]:
        for node in ast.walk(room.tree(name)):
            for what in sorted(taken_from_os(node) & ENVIRONMENT):
                yield (
                    f"{name}: reads os.{what}. Make it a field of Settings and read "
                    'current_app.config["NAME"].'
                )


def taken_from_os(node: ast.AST) -> set[str]:
    """Return the names of the module ``os`` that this piece of code uses or imports."""
    match node:
        case ast.Attribute(value=ast.Name(id="os"), attr=name):
            return {name}
        case ast.ImportFrom(module="os", names=names):
            return {alias.name for alias in names}
    return set()


def imports_are_required(room: Room) -> Iterator[str]:
    """Find imports of what requirements.txt does not bring."""
    known = sys.stdlib_module_names | {room.slug, "common", "wsgi"}
    brought = closure(room.text("requirements.txt"))
    for name in [*room.code, "wsgi.py"]:
        for module in sorted(imported(room.tree(name)) - known):
            distributions = installed().get(module, [])
            if not brought & {canonicalize_name(found) for found in distributions}:
                yield f"{name}: imports {module}; name what brings it in requirements.txt."


def imported(tree: ast.Module) -> set[str]:
    """Return the first part of the name of each module that the code imports absolutely."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


@cache
def installed() -> Mapping[str, list[str]]:
    """Return the names of all modules that are installed, each with what it comes from."""
    return packages_distributions()


@cache
def closure(requirements: str) -> frozenset[str]:
    """Return the names of all distributions that these requirements bring."""
    brought: set[str] = set()
    todo = [Requirement(line) for line in as_names(requirements)]
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        if name in brought and not wanted.extras:
            continue
        brought.add(name)
        try:
            lines = requirements_of(name) or []
        except PackageNotFoundError:  # for another system or Python
            continue
        extras = [{"extra": extra} for extra in ("", *wanted.extras)]
        for needed in map(Requirement, lines):
            if not needed.marker or any(needed.marker.evaluate(extra) for extra in extras):
                todo.append(needed)
    return frozenset(brought)


def as_names(requirements: str) -> list[str]:
    """Return the requirements with common by name instead of by path."""
    lines = [line.partition("#")[0].strip() for line in requirements.splitlines()]
    named = [
        PATH_INSTALL.sub(lambda path: f"{COMMON}[{path['extras'] or ''}]", line) for line in lines
    ]
    return [line for line in named if re.match(r"[A-Za-z0-9]", line)]


RULES = (
    stubs_are_functions,
    environment_is_read_in_settings_alone,
    imports_are_required,
)
