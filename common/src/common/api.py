"""Routes that check what comes in and describe what goes out, from type hints alone.

``@endpoint`` stands below the route of a plain Flask view. It reads the arguments that the view's
hints name (``body``, ``query``, ``form``, ``files``) with pydantic, strictly, and turns the returned
value into an answer whose status and model the return annotation states:

====================  =========================================
``Model``, ``list``   200 with JSON
``Page[Model]``       200, ``X-Total-Count`` and ``Link``
``Created[Model]``    201 and ``Location``
``Accepted[Model]``   202 and ``Location`` of what to poll
``None``              204
``Response``          as it is; described by ``responses=``
====================  =========================================

A union of these is allowed. The same hints make the OpenAPI document (``common.openapi``).
"""

import functools
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, Union

from flask import Response, request
from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from common.errors import Problem
from common.pagination import Page
from common.schema import File, Schema

__all__ = ["Accepted", "Created", "File", "Page", "Produces", "Schema", "endpoint"]

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])
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
    """Describes an answer that is a ``Response``: what it means and its media type, if it has a body."""

    description: str
    media_type: str | None = None


@dataclass(slots=True)
class Operation:
    """What ``@endpoint`` knows about a view; ``common.openapi`` writes it down."""

    view: Callable[..., Any]
    hints: dict[str, Any]
    inputs: dict[str, TypeAdapter[Any]] = field(default_factory=dict)
    outputs: dict[int, tuple[type, TypeAdapter[Any] | None]] = field(default_factory=dict)
    responses: dict[int, Produces] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    any_query: bool = False
    security: str | None = None


def endpoint(
    view: Callable[..., Any] | None = None,
    *,
    errors: tuple[int, ...] = (),
    responses: Mapping[int, str | Produces] | None = None,
    any_query: bool = False,
    security: str | None = None,
) -> Any:  # noqa: ANN401  # with and without parentheses
    """Check a view's arguments and describe its answers; see the module's text.

    ``errors`` lists statuses that the view may answer beyond those that its arguments imply (400,
    413, 415, 422 for a body, 422 for a query, 404 for a path); ``responses`` describes answers that
    are a ``Response``; ``any_query`` lets unknown query parameters pass where the view has no
    ``query``; ``security`` names the OpenAPI security scheme that the view asks for.
    """
    if view is None:
        return functools.partial(
            endpoint, errors=errors, responses=responses, any_query=any_query, security=security
        )
    described = {
        status: Produces(text) if isinstance(text, str) else text for status, text in (responses or {}).items()
    }
    operation = Operation(
        view, typing.get_type_hints(view, include_extras=True), {}, {}, described, errors, any_query, security
    )
    for name, hint in operation.hints.items():
        if name in READERS or (name != "return" and hint not in (int, str, float)):
            operation.inputs[name] = TypeAdapter(hint)
    for kind, status, model in _outputs(operation.hints.get("return", Response)):
        operation.outputs[status] = (kind, None if model is None else TypeAdapter(model))
    by_kind = {kind: (status, adapter) for status, (kind, adapter) in operation.outputs.items()}
    readers = [(name, READERS.get(name, _path), adapter) for name, adapter in operation.inputs.items()]
    refuse_query = "query" not in operation.inputs and not any_query

    @functools.wraps(view)
    def checked(**arguments: Any) -> Response:  # noqa: ANN401  # path parameters
        if refuse_query and request.query_string:
            name = next(iter(request.args), "")
            raise Problem(
                422, "This takes no query parameters.", errors=[{"loc": ["query", name], "msg": "Not known here"}]
            )
        for value in arguments.values():
            if isinstance(value, str) and "\0" in value:
                raise NotFound
        for name, read, adapter in readers:
            arguments[name] = read(name, adapter, arguments)
        value = view(**arguments)
        if isinstance(value, Response):
            return value
        status, adapter = by_kind.get(type(value)) or by_kind[object]
        return _respond(value, status, adapter)

    checked.operation = operation  # type: ignore[attr-defined]  # read by common.openapi
    return checked


def _outputs(hint: Any) -> list[tuple[type, int, Any]]:  # noqa: ANN401  # a type hint
    """Return (type of the value, status, model) for each member of a return annotation."""
    found: list[tuple[type, int, Any]] = []
    for member in typing.get_args(hint) if typing.get_origin(hint) in (Union, types.UnionType) else (hint,):
        origin = typing.get_origin(member)
        if member is type(None):
            found.append((type(None), 204, None))
        elif origin in (Created, Accepted):
            found.append((origin, 201 if origin is Created else 202, typing.get_args(member)[0]))
        elif origin is Page:
            found.append((Page, 200, list[typing.get_args(member)[0]]))  # type: ignore[misc]  # made at run time
        elif not (isinstance(member, type) and issubclass(member, Response)):
            found.append((object, 200, member))
    return found


def _respond(value: Any, status: int, adapter: TypeAdapter[Any] | None) -> Response:  # noqa: ANN401
    if adapter is None:
        return Response(status=status)
    headers: dict[str, str] = {}
    if isinstance(value, Page):
        headers, value = value.headers(), value.items
    elif isinstance(value, (Created, Accepted)):
        headers, value = {"Location": value.location}, value.value
    return Response(adapter.dump_json(value) + b"\n", status, headers, mimetype="application/json")


def _read_body(_name: str, adapter: TypeAdapter[Any], _path: object) -> Any:  # noqa: ANN401
    if not request.is_json:
        raise Problem(415, "Send the body as JSON, with the header 'Content-Type: application/json'.")
    raw = request.get_data()
    try:
        value = adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise Problem(400, error.errors(include_url=False)[0]["msg"]) from None
        raise _unprocessable("body", error) from None
    if rb"\u0000" in raw and "\0" in "".join(_texts(json.loads(raw))):
        raise Problem(422, "Text must not contain NUL.", errors=[{"loc": ["body"], "msg": "Contains NUL"}])
    return value


def _read_query(name: str, adapter: TypeAdapter[Any], _path: object) -> Any:  # noqa: ANN401
    return _validate(name, adapter, request.args)


def _read_form(name: str, adapter: TypeAdapter[Any], _path: object) -> Any:  # noqa: ANN401
    if request.mimetype not in FORM_TYPES:
        raise Problem(415, f"Send the body as {FORM_TYPES[0]}.")
    if request.mimetype == FORM_TYPES[0] and not request.mimetype_params.get("boundary"):
        raise Problem(400, "The Content-Type of a multipart body must name its boundary.")
    return _validate(name, adapter, request.files if name == "files" else request.form)


def _path(name: str, adapter: TypeAdapter[Any], path: Mapping[str, Any]) -> Any:  # noqa: ANN401
    try:
        return adapter.validate_python(path[name])
    except ValidationError as error:
        raise _unprocessable("path", error, name) from None


READERS: dict[str, Callable[[str, TypeAdapter[Any], Mapping[str, Any]], Any]] = {
    "body": _read_body,
    "query": _read_query,
    "form": _read_form,
    "files": _read_form,
}


def _validate(place: str, adapter: TypeAdapter[Any], values: MultiDict[str, Any]) -> Any:  # noqa: ANN401
    """Validate text values: a list where the model says so, else exactly one for a name."""
    fields = adapter._type.model_fields  # type: ignore[attr-defined]  # always a Schema
    data: dict[str, Any] = {}
    for name, given in values.lists():
        if any(isinstance(value, str) and "\0" in value for value in (name, *given)):
            raise Problem(422, "Text must not contain NUL.", errors=[{"loc": [place, name], "msg": "Contains NUL"}])
        if name in fields and _is_list(fields[name].annotation):
            data[name] = given
        elif len(given) == 1:
            data[name] = given[0]
        else:
            message = f"Given {len(given)} times"
            raise Problem(422, f"{name}: {message}.", errors=[{"loc": [place, name], "msg": message}])
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise _unprocessable(place, error) from None


def _is_list(hint: Any) -> bool:  # noqa: ANN401  # a type hint
    return any(typing.get_origin(part) in (list, set, tuple) for part in (hint, *typing.get_args(hint)))


def _unprocessable(place: str, error: ValidationError, *loc: str) -> Problem:
    errors: list[dict[str, object]] = [
        {"loc": [place, *loc, *found["loc"]], "msg": found["msg"].removeprefix("Value error, ")}
        for found in error.errors(include_url=False, include_context=False, include_input=False)[:50]
    ]
    first = f"{'.'.join(map(str, errors[0]['loc']))}: {errors[0]['msg']}"  # type: ignore[call-overload]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Problem(422, first + more, errors=errors)


def _texts(value: Any) -> list[str]:  # noqa: ANN401  # parsed JSON
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []
