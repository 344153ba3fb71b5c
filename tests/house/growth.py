"""What ``tests/growth.py`` of a project says: which lists must stay fast with many rows.

It is read, not imported: what is said there is said in plain literals.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .room import Room

FILE = "tests/growth.py"
PAGING = {"page", "per_page", "cursor", "limit", "before", "after"}
GUARD = 'if __name__ == "__main__":\n    growth.main(rows)'


def growth_can_be_tried(room: Room) -> Iterator[str]:
    """Find made-up rows that nobody can add, and lists that are none."""
    functions = [node for node in room.tree(FILE).body if isinstance(node, ast.FunctionDef)]
    if not any(node.name == "rows" and len(node.args.args) == 1 for node in functions):
        yield f"{FILE}: needs 'def rows(number: int) -> None:' that adds made-up rows."
    if not room.text(FILE).endswith(f"\n{GUARD}\n"):
        yield f"{FILE}: ends with: {GUARD!r}."
    for name, kind in {"LISTS": list, "READS_EVERYTHING": dict}.items():
        if not isinstance(literal(room, name), kind):
            yield f"{FILE}: needs {name}, a plain {kind.__name__} of texts."
    if not lists(room):
        yield f"{FILE}: LISTS is empty; name the paths that must stay fast with many rows."
    for path in lists(room):
        if template_of(room, path) is None:
            yield f"{FILE}: LISTS has {path}, which no GET of the API answers."
    for key, reason in reads_everything(room).items():
        path, _, name = key.partition("?")
        if name not in filters(room, path):
            yield f"{FILE}: READS_EVERYTHING has {key}; write a list's '/path/{{id}}?parameter'."
        if not reason:
            yield f"{FILE}: READS_EVERYTHING says no reason for {key}."


def every_filter_stays_fast(room: Room) -> Iterator[str]:
    """Find a filter of a list that nobody tries with many rows."""
    tried = set(reads_everything(room))
    for path in lists(room):
        names = [name for name, _ in parse_qsl(urlsplit(path).query)]
        tried |= {f"{template_of(room, path)}?{name}" for name in names}
    for method, path in room.operations:
        for name in filters(room, path) if method == "GET" else []:
            if f"{path}?{name}" not in tried:
                yield (
                    f"{FILE}: LISTS has no path with the filter {path}?{name}=…; add one, or say "
                    "in READS_EVERYTHING why it may read all rows."
                )


def filters(room: Room, path: str) -> list[str]:
    """Return the query parameters by which a list that comes in pages is chosen or sorted."""
    operation = room.operations.get(("GET", path), {"parameters": []})
    names = [it["name"] for it in operation["parameters"] if it["in"] == "query"]
    is_paged = bool(PAGING & set(names))
    return [name for name in names if is_paged and name not in PAGING]


def template_of(room: Room, path: str) -> str | None:
    """Return the path of the OpenAPI document that a path with values belongs to."""
    plain = urlsplit(path).path
    for method, template in room.operations:
        pattern = re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(template))
        if method == "GET" and re.fullmatch(pattern, plain):
            return template
    return None


def lists(room: Room) -> list[str]:
    """Return the paths that must stay fast."""
    found: list[str] = literal(room, "LISTS") or []
    return found


def reads_everything(room: Room) -> Mapping[str, str]:
    """Return the filters that may read all rows, each with its reason."""
    found: dict[str, str] = literal(room, "READS_EVERYTHING") or {}
    return found


def literal(room: Room, name: str) -> Any:
    """Return the value that is given to a name, if it is written in plain literals; else None."""
    for node in room.tree(FILE).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                pass
            case _:
                continue
        if target == name:
            try:
                return ast.literal_eval(value)
            except ValueError:
                return None
    return None


RULES = (growth_can_be_tried, every_filter_stays_fast)
