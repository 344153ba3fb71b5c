"""Routes that check what comes in and describe what goes out, from type hints alone.

``@endpoint`` stands below the route of a plain Flask view. It reads the arguments that the view
names (``body``, ``query``, ``headers``, ``form``, ``files``) with pydantic, strictly, by their
hints, and turns the returned value into an answer whose status and model the return annotation
states:

====================  =========================================
``Model``, ``list``   200 with JSON
``Page[Model]``       200, ``X-Total-Count`` and ``Link``
``Created[Model]``    201 and ``Location``
``Accepted[Model]``   202 and ``Location`` of what to poll
``None``              204
``Response``          as it is; described by ``responses=``
====================  =========================================

A union of these is allowed. The same hints make the OpenAPI document (``common.describe.openapi``).
"""

import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, TypeVar, Union, overload

from flask import Response, make_response, request
from pydantic import TypeAdapter
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from common import reading
from common.errors import invalid
from common.fields import (
    Cents,
    Day,
    DayRange,
    Email,
    File,
    Future,
    Line,
    Moment,
    Schema,
    Sort,
    Text,
    TextOrEmpty,
    TimeZone,
    fold,
)
from common.pagination import Page

__all__ = [
    "Accepted", "Cents", "Created", "Day", "DayRange", "Email", "File", "Future", "Line", "Moment",
    "Page", "Produces", "Schema", "Sort", "Text", "TextOrEmpty", "TimeZone", "endpoint", "fold",
]  # fmt: skip

T = TypeVar("T")
P = ParamSpec("P")
LARGEST_ID = 2**31 - 1  # of an INTEGER column on PostgreSQL


@dataclass(frozen=True, slots=True)
class Created(Generic[T]):
    """Answer 201: the new thing and its URL."""

    value: T
    location: str


@dataclass(frozen=True, slots=True)
class Accepted(Generic[T]):
    """Answer 202: something to poll and its URL."""

    value: T
    location: str


@dataclass(frozen=True, slots=True)
class Produces:
    """Describes an answer that is a ``Response``: its meaning, and the media type of its body."""

    description: str
    media_type: str | None = None


Responses = Mapping[int, str | Produces | Sequence[Produces]]


@dataclass(frozen=True, slots=True)
class Output:
    """What becomes of a returned value: the status, and the model of its JSON if there is any."""

    status: int
    adapter: TypeAdapter[Any] | None = None


@dataclass(slots=True)
class Operation:
    """What ``@endpoint`` knows about a view; ``common.describe.openapi`` writes it down."""

    view: Callable[..., Any]
    hints: dict[str, Any]
    errors: tuple[int, ...] = ()
    responses: Responses = field(default_factory=dict)
    any_query: bool = False
    security: str | None = None
    inputs: dict[str, TypeAdapter[Any]] = field(default_factory=dict)
    outputs: dict[Any, Output] = field(default_factory=dict)  # by the type of what is returned


@overload
def endpoint(view: Callable[P, object]) -> Callable[P, Response]: ...
@overload
def endpoint(
    *,
    errors: tuple[int, ...] = ...,
    responses: Responses = ...,
    any_query: bool = ...,
    security: str | None = ...,
) -> Callable[[Callable[P, object]], Callable[P, Response]]: ...
def endpoint(view: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Check a view's arguments and describe its answers; see the module's text.

    ``errors`` lists statuses that the view may answer beyond those that its arguments imply (400,
    413, 415, 422 for a body, 422 for a query, 400 and 422 for headers, 404 for a path);
    ``responses`` describes answers that are a ``Response``, a list of them where one status has
    several media types; ``any_query`` lets unknown query parameters pass where the view has no
    ``query``; ``security`` names the OpenAPI security scheme that the view asks for.
    """
    if view is None:
        return functools.partial(endpoint, **options)
    hints = typing.get_type_hints(view, include_extras=True)
    operation = Operation(view, hints, **options)
    operation.outputs = _outputs(hints.get("return", Response))
    for name, hint in hints.items():
        if name in reading.READERS or (name != "return" and hint not in (int, str, float)):
            operation.inputs[name] = TypeAdapter(hint)
    readers = [
        (name, reading.READERS.get(name, reading.read_path), adapter)
        for name, adapter in operation.inputs.items()
    ]
    takes_no_query = "query" not in operation.inputs and not operation.any_query
    unread = _unread_parts(operation.inputs.keys())

    @functools.wraps(view)
    def checked(**arguments: Any) -> Response:
        if takes_no_query and request.query_string:
            name = next(iter(request.args), "")
            raise invalid("This takes no query parameters.", "query", name)
        for value in arguments.values():
            if _names_nothing(value):
                raise NotFound
        for place in unread:
            for name in getattr(request, place):
                raise invalid("Not known here.", place, name)
        for name, read, adapter in readers:
            arguments[name] = read(name, adapter, arguments)
        returned = view(**arguments)
        if isinstance(returned, AnyResponse):
            return make_response(returned)  # Werkzeug's own, as of its redirect(), becomes Flask's
        output = operation.outputs.get(type(returned)) or operation.outputs.get(object)
        if output is None:
            raise TypeError(f"{view.__name__} returns what its annotation does not say.")
        return _respond(returned, output)

    checked.operation = operation  # type: ignore[attr-defined]  # read by common.describe.openapi
    return checked


def _unread_parts(inputs: Set[str]) -> set[str]:
    """Return which part of a form nobody reads, its fields or its files; none without a form."""
    parts = {"form", "files"}
    if parts.isdisjoint(inputs):
        return set()
    return parts - inputs


def _names_nothing(value: object) -> bool:
    """Tell whether a path parameter can be the name of no row: the database would refuse it."""
    if isinstance(value, int):
        return value > LARGEST_ID
    return isinstance(value, str) and "\0" in value


def _outputs(hint: Any) -> dict[Any, Output]:
    """Return what becomes of each type that a return annotation names; ``object`` is any model."""
    members = [hint]
    if typing.get_origin(hint) in (Union, types.UnionType):
        members = [*typing.get_args(hint)]
    outputs: dict[Any, Output] = {}
    models = []
    for member in members:
        kind = typing.get_origin(member) or member
        if kind is types.NoneType:
            outputs[kind] = Output(204)
        elif kind is Created or kind is Accepted:
            [model] = typing.get_args(member)
            outputs[kind] = Output(201 if kind is Created else 202, TypeAdapter(model))
        elif kind is Page:
            items: Any = types.GenericAlias(list, typing.get_args(member))
            outputs[kind] = Output(200, TypeAdapter(items))
        elif not (isinstance(kind, type) and issubclass(kind, Response)):
            models.append(member)
    if models:
        any_of_them: Any = Union[tuple(models)]  # noqa: UP007  # the other way to write it takes no list
        outputs[object] = Output(200, TypeAdapter(any_of_them))
    return outputs


def _respond(returned: Any, output: Output) -> Response:
    """Return the answer: the JSON of the model, and the headers of what it came in."""
    if output.adapter is None:
        return Response(status=output.status)
    headers: dict[str, str] = {}
    value = returned
    if isinstance(returned, Page):
        headers = returned.headers()
        value = returned.items
    elif isinstance(returned, (Created, Accepted)):
        headers = {"Location": returned.location}
        value = returned.value
    body = output.adapter.dump_json(value) + b"\n"
    return Response(body, output.status, headers, content_type="application/json")
