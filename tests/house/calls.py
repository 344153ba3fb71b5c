"""Which functions of a project a file calls, and by which names."""

import ast
from collections.abc import Iterator
from pathlib import PurePath

from .room import Room

Function = ast.FunctionDef
Found = tuple[str, Function]  # the file it stands in, and the function


def functions(room: Room, file: str) -> dict[str, Found]:
    """Return the project's functions by the names by which a file may call them."""
    found = {node.name: (file, node) for node in own(room, file)}
    for node in room.tree(file).body:
        if isinstance(node, ast.ImportFrom):
            place = place_of(room, file, node)
            for alias in node.names if place else []:
                called = alias.asname or alias.name
                for function in own(room, f"{place}.py"):
                    if function.name == alias.name:
                        found[called] = (f"{place}.py", function)
                module = f"{place}/{alias.name}.py"
                for function in own(room, module):
                    found[f"{called}.{function.name}"] = (module, function)
    return found


def own(room: Room, file: str) -> Iterator[Function]:
    """Yield the functions at the top of a file; none if there is no such file."""
    for node in room.tree(file).body:
        if isinstance(node, Function):
            yield node


def place_of(room: Room, file: str, node: ast.ImportFrom) -> str | None:
    """Return the path in the project that an import is from; None if it is from elsewhere."""
    inside = (node.module or "").replace(".", "/")
    if node.level:
        return (PurePath(file).parents[node.level - 1] / inside).as_posix()
    return inside if inside.partition("/")[0] == room.slug else None


def is_view(function: Function) -> bool:
    """Tell whether a function is called by Flask: it stands below a route or another decorator."""
    return bool(function.decorator_list)
