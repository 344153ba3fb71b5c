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
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Generic, ParamSpec, TypeVar, Union, overload

from flask import Response, request
from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from common.errors import Problem, invalid
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
MOST_ERRORS = 50  # in one answer
LARGEST_ID = 2**31 - 1  # of an INTEGER column on PostgreSQL
PYTHON_DATE = re.compile(r"datetime\.date(time)?\(([0-9, ]+)(, tzinfo=datetime\.timezone\.utc)?\)")
LENGTH = re.compile("Value should have (.+) items? after validation, not (.+)")
INTEGER = re.compile("-?[0-9]+")
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


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
    outputs: dict[int, tuple[type, TypeAdapter[Any] | None]] = field(default_factory=dict)


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
    operation = Operation(view, typing.get_type_hints(view, include_extras=True), **options)
    for name, hint in operation.hints.items():
        if name in READERS or (name != "return" and hint not in (int, str, float)):
            operation.inputs[name] = TypeAdapter(hint)
    operation.outputs = dict(_outputs(operation.hints.get("return", Response)))
    by_kind = {kind: (status, model) for status, (kind, model) in operation.outputs.items()}
    readers = [(name, READERS.get(name, _read_path), it) for name, it in operation.inputs.items()]
    refuse_query = "query" not in operation.inputs and not operation.any_query
    parts = {"form", "files"} if {"form", "files"} & operation.inputs.keys() else set()
    refused_parts = parts - operation.inputs.keys()  # a form's fields or files that nobody reads

    @functools.wraps(view)
    def checked(**arguments: Any) -> Response:
        if refuse_query and request.query_string:
            name = next(iter(request.args), "")
            raise invalid("This takes no query parameters.", "query", name)
        if any(map(_names_nothing, arguments.values())):
            raise NotFound
        for place in refused_parts:
            for name in getattr(request, place):
                raise invalid("Not known here.", place, name)
        for name, read, adapter in readers:
            arguments[name] = read(name, adapter, arguments)
        value = view(**arguments)
        if isinstance(value, Response):
            return value
        return _respond(value, *by_kind.get(type(value), by_kind.get(object, (204, None))))

    checked.operation = operation  # type: ignore[attr-defined]  # read by common.describe.openapi
    return checked


def _names_nothing(value: object) -> bool:
    """Tell whether a path parameter can be the name of no row: the database would refuse it."""
    return (isinstance(value, int) and value > LARGEST_ID) or (
        isinstance(value, str) and "\0" in value
    )


def _outputs(hint: Any) -> Iterator[tuple[int, tuple[type, TypeAdapter[Any] | None]]]:
    """Yield (status, (type of the value, model)) for each member of a return annotation."""
    union = typing.get_origin(hint) in (Union, types.UnionType)
    for member in typing.get_args(hint) if union else (hint,):
        origin, arguments = typing.get_origin(member), typing.get_args(member)
        if member is type(None):
            yield 204, (type(None), None)
        elif origin in (Created, Accepted):
            yield (201 if origin is Created else 202), (origin, TypeAdapter(arguments[0]))
        elif origin is Page:
            items: Any = types.GenericAlias(list, arguments)
            yield 200, (Page, TypeAdapter(items))
        elif not (isinstance(member, type) and issubclass(member, Response)):
            yield 200, (object, TypeAdapter(member))


def _respond(value: Any, status: int, adapter: TypeAdapter[Any] | None) -> Response:
    if adapter is None:
        return Response(status=status)
    headers: dict[str, str] = {}
    if isinstance(value, Page):
        headers, value = value.headers(), value.items
    elif isinstance(value, (Created, Accepted)):
        headers, value = {"Location": value.location}, value.value
    return Response(adapter.dump_json(value) + b"\n", status, headers, mimetype="application/json")


def _read_body(_name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    if not request.is_json:
        raise Problem(
            415, "Send the body as JSON, with the header 'Content-Type: application/json'."
        )
    raw = request.get_data()
    try:
        value = adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            raise Problem(400, first["msg"]) from None
        try:  # to JSON Schema 2.0 is an integer, to pydantic it is not: once more as 2
            value = adapter.validate_json(_with_integers(raw), strict=True)
        except ValidationError as still:
            raise _unprocessable("body", still) from None
    if rb"\u0000" in raw and any("\0" in text for text in _texts(json.loads(raw))):
        raise invalid("Text must not contain NUL.", "body")
    return value


def _with_integers(raw: bytes) -> str:
    def number(text: str) -> int | float:
        return int(value) if (value := float(text)).is_integer() else value

    return json.dumps(json.loads(raw, parse_float=number))


def _read_query(name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    return _validate(name, adapter, request.args)


def _read_headers(_name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    """Read the headers that the model knows; a request has many more."""
    model: Any = adapter._type
    given: MultiDict[str, str] = MultiDict()
    for field_name, field_info in model.model_fields.items():
        name = field_info.alias or field_name
        if name in request.headers:
            given[name] = request.headers[name]
        elif field_info.is_required():
            raise Problem(400, f"Send the header {name}.")
    return _validate("header", adapter, given)


def _read_form(name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    if request.mimetype not in FORM_TYPES:
        raise Problem(415, f"Send the body as {FORM_TYPES[0]}.")
    if request.mimetype == FORM_TYPES[0] and not request.mimetype_params.get("boundary"):
        raise Problem(400, "The Content-Type of a multipart body must name its boundary.")
    return _validate(name, adapter, request.files if name == "files" else request.form)


def _read_path(name: str, adapter: TypeAdapter[Any], path: Mapping[str, Any]) -> Any:
    try:
        return adapter.validate_python(path[name])
    except ValidationError as error:
        raise _unprocessable("path", error, name) from None


READERS: dict[str, Callable[[str, TypeAdapter[Any], Mapping[str, Any]], Any]] = {
    "body": _read_body,
    "query": _read_query,
    "headers": _read_headers,
    "form": _read_form,
    "files": _read_form,
}


def _validate(place: str, adapter: TypeAdapter[Any], values: MultiDict[str, Any]) -> Any:
    """Validate text values: a list where the model says so, else exactly one for a name."""
    model: Any = adapter._type
    kinds = _kinds(model)
    data: dict[str, Any] = {}
    for name, given in values.lists():
        if any(isinstance(value, str) and "\0" in value for value in (name, *given)):
            raise invalid("Text must not contain NUL.", place, name)
        wanted = kinds.get(name, ())
        if int in wanted and not all(map(INTEGER.fullmatch, given)):  # pydantic takes 1_0
            raise invalid("Input should be a valid integer", place, name)
        if list in wanted or set in wanted:
            data[name] = given
        elif len(given) == 1:
            data[name] = given[0]
        else:
            raise invalid(f"Given {len(given)} times, once is right.", place, name)
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise _unprocessable(place, error) from None


@functools.cache
def _kinds(model: type[Schema]) -> dict[str, tuple[Any, ...]]:
    """Return by name what a model's fields consist of: an integer or None, a list of texts."""
    fields = model.model_fields
    return {it.alias or name: (*_parts(it.annotation),) for name, it in fields.items()}


def _parts(hint: Any) -> Iterator[Any]:
    yield typing.get_origin(hint) or hint
    for part in typing.get_args(hint):
        yield from _parts(part)


def _unprocessable(place: str, error: ValidationError, *loc: str) -> Problem:
    """Return the 422 that lists what pydantic found, its first finding as the detail."""
    errors: list[dict[str, Any]] = [
        {"loc": [place, *loc, *found["loc"]], "msg": _reason(found["msg"])}
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = f"{'.'.join(map(str, errors[0]['loc']))}: {errors[0]['msg']}"
    more = f" (and {len(errors) - 1} more)" if errors[1:] else ""
    return Problem(422, first + more, errors=errors[:MOST_ERRORS])


def _reason(text: str) -> str:
    """Return pydantic's words without what only Python knows: ValueError, ``datetime.date(…)``.

    The length of a ``Line`` is checked after its code, when pydantic takes it for a list.
    """
    found = LENGTH.fullmatch(text)
    if found:
        return f"Text should have {found[1]} characters, not {found[2]}"
    text = PYTHON_DATE.sub(_rfc_3339, text.removeprefix("Value error, "))
    return re.sub(r"datetime\.\w+\(.*\)", "its limit", text)  # one in another zone than UTC


def _rfc_3339(found: re.Match[str]) -> str:
    numbers = [int(number) for number in found[2].split(", ")]
    if found[1] is None:
        return date(*numbers).isoformat()
    return datetime(*numbers, tzinfo=UTC).isoformat().replace("+00:00", "Z")  # type: ignore[arg-type,misc]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in parsed JSON."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
