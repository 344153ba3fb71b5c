"""Who changes a row has it locked, or changes it by one statement: two at once lose nothing.

It is found by reading the views and what they call, one call deep. A function with a parameter
``lock`` locks where it is called with ``lock=True``, whatever else it does.
"""

import ast
from collections.abc import Iterator

from .calls import Function, functions, own
from .room import Room

CHANGES = {"patch", "put"}
STATEMENTS = {"insert", "update"}  # of SQLAlchemy and common.database: the database decides


def changes_lock_their_rows(room: Room) -> Iterator[str]:
    """Find a PATCH or PUT that reads a row which another request may change meanwhile."""
    for name in room.code:
        for view in own(room, name):
            if is_change(view) and not locks(room, name, view):
                yield (
                    f"{name}: {view.name} changes a row that it has not locked. Find it with "
                    "lock=True, or write one INSERT … ON CONFLICT or conditional UPDATE."
                )


def is_change(function: Function) -> bool:
    """Tell whether this is a view of PATCH or PUT: ``@bp.patch(…)``, ``@bp.route(methods=…)``."""
    for decorator in function.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr=method)) if method in CHANGES:
                return True
            case ast.Call(func=ast.Attribute(attr="route"), keywords=keywords):
                methods = [ast.unparse(it.value).lower() for it in keywords if it.arg == "methods"]
                return any(method in text for text in methods for method in CHANGES)
    return False


def locks(room: Room, file: str, view: Function) -> bool:
    """Tell whether a view, or a function of the project that it calls, locks or decides at once."""
    if has_lock(view):
        return True
    known = functions(room, file)
    for node in ast.walk(view):
        if isinstance(node, ast.Call):
            _, called = known.get(ast.unparse(node.func), ("", None))
            if called is not None and not is_told_to_lock(called) and has_lock(called):
                return True
    return False


def is_told_to_lock(function: Function) -> bool:
    """Tell whether a function locks only if it is told to."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return any(argument.arg == "lock" for argument in arguments)


def has_lock(function: Function) -> bool:
    """Tell whether the code of a function takes a lock, or has a statement that changes rows."""
    for node in ast.walk(function):
        match node:
            case ast.keyword(arg="lock" | "with_for_update", value=ast.Constant(value=True)):
                return True
            case ast.Call(func=ast.Attribute(attr="with_for_update")):
                return True
            case ast.Call(func=ast.Name(id=name)) if name in STATEMENTS:
                return True
    return False


RULES = (changes_lock_their_rows,)
