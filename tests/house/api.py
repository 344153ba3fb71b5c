"""What a project's OpenAPI document must say."""

import re
from collections.abc import Iterator
from typing import Any

from werkzeug.routing import Rule

from .room import Room

Schema = dict[str, Any]
Path = tuple[str, ...]

FEW = {"enum", "const"}  # the values are listed
# For each type: one of these keywords must be there; if none is, what to do.
LIMITS = {
    "string": [({"maxLength", "format", "pattern"} | FEW, "needs a max_length")],
    "integer": [
        ({"minimum", "exclusiveMinimum"} | FEW, "needs a minimum: ge= or gt="),
        ({"maximum", "exclusiveMaximum"} | FEW, "needs a maximum: le= or lt="),
    ],
    "array": [({"maxItems"}, "needs a max_length: how many at most?")],
    "dictionary": [({"maxProperties"}, "needs a max_length: how many at most?")],
    "anything": [(FEW, "takes anything: give it a type")],
}
LIMITS["number"] = LIMITS["integer"]


def every_route_is_described(room: Room) -> Iterator[str]:
    """Find a view without ``@endpoint``: the OpenAPI document does not have it.

    A WebSocket is nothing that OpenAPI could describe; the README's table has it all the same.
    """
    for rule in room.app.url_map.iter_rules():
        view = room.app.view_functions.get(rule.endpoint)
        if is_own(rule) and not rule.websocket and not hasattr(view, "operation"):
            yield f"{rule.rule}: its view {rule.endpoint} needs @endpoint below its route."


def sockets(room: Room) -> set[tuple[str, str]]:
    """Return the WebSockets as the README lists them: ("WS", path)."""
    rules = room.app.url_map.iter_rules()
    return {
        ("WS", re.sub("<(?:[^:<>]*:)?([^<>]*)>", r"{\1}", it.rule)) for it in rules if it.websocket
    }


def is_own(rule: Rule) -> bool:
    """Tell whether the project itself made this route."""
    return not rule.endpoint.startswith("common.") and rule.endpoint.split(".")[-1] != "static"


def every_operation_is_summed_up(room: Room) -> Iterator[str]:
    """Find an operation without a summary for /docs and the landing page."""
    for (method, path), operation in room.operations.items():
        if not operation["summary"]:
            yield f"{method} {path}: its view needs a docstring; the first line is the summary."


def everything_sent_has_a_limit(room: Room) -> Iterator[str]:
    """Find text, lists and numbers in requests that may be as large as anybody likes."""
    for (method, path), operation in room.operations.items():
        for parameter in operation["parameters"]:
            if parameter["in"] == "query":
                name = f"{method} {path}: query parameter {parameter['name']}"
                yield from without_limit(room, parameter["schema"], name)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            yield from without_limit(room, media["schema"], f"{method} {path}: body")


def without_limit(room: Room, schema: Schema, name: str) -> Iterator[str]:
    """Yield what a schema lacks, and the schemas in it."""
    for place, found in inside(room, schema, name, ()):
        for keywords, advice in LIMITS.get(found.get("type", "anything"), []):
            # A pattern says nothing of the length of free text, which common.fields calls so.
            given = found.keys() - (
                {"pattern", "format"} if found.get("format") == "text" else set()
            )
            if not keywords & given:
                yield f"{place} {advice}."


def inside(room: Room, schema: Schema, place: str, above: Path) -> Iterator[tuple[str, Schema]]:
    """Yield this schema and all that it refers to or consists of, each with its place."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in above:
            found = room.document["components"]["schemas"][name]
            yield from inside(room, found, place, (*above, name))
        return
    options = [option for kind in ("anyOf", "oneOf", "allOf") for option in schema.get(kind, [])]
    for option in options:
        if {"type", "$ref"} & option.keys():  # else it only adds a condition
            yield from inside(room, option, place, above)
    if "type" in schema or not options:
        yield place, schema
    if "items" in schema:
        yield from inside(room, schema["items"], f"{place}[]", above)
    for name, found in schema.get("properties", {}).items():
        yield from inside(room, found, f"{place}.{name}", above)
    if more := schema.get("additionalProperties"):
        yield f"{place}.*", {**schema, "type": "dictionary"}
        yield from inside(room, {} if more is True else more, f"{place}.*", above)


RULES = (every_route_is_described, every_operation_is_summed_up, everything_sent_has_a_limit)
