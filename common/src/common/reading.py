"""How the arguments of a view are read from a request: strictly, each by its model.

``READERS`` has a function for each argument that ``@endpoint`` knows by name. A function gets the
name, the model and the parameters of the path, and returns the value or raises what is answered:
415 another media type, 400 what cannot be read at all, 422 what does not fit the model.
"""

import functools
import json
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask import request
from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict

from common.errors import Problem, invalid
from common.fields import Schema

MOST_ERRORS = 50  # in one answer
INTEGER = re.compile("-?[0-9]+")
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
LENGTH = re.compile("Value should have (.+) items? after validation, not (.+)")
PYTHON_DATE = re.compile(r"datetime\.date(time)?\(([0-9, ]+)(, tzinfo=datetime\.timezone\.utc)?\)")


def _read_body(_name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    if not request.is_json:
        raise Problem(
            415, "Send the body as JSON, with the header 'Content-Type: application/json'."
        )
    raw = request.get_data()
    try:
        value = adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        if error.error_count() == 1:  # to word many would take long
            only = error.errors(include_url=False)[0]
            if only["type"] == "json_invalid":
                raise Problem(400, only["msg"]) from None
        try:  # to JSON Schema 2.0 is an integer, to pydantic it is not: once more as 2
            value = adapter.validate_json(_with_integers(raw), strict=True)
        except ValidationError as still:
            raise _unprocessable("body", still) from None
    if rb"\u0000" in raw and any("\0" in text for text in _texts(json.loads(raw))):
        raise invalid("Text must not contain NUL.", "body")
    return value


def _with_integers(raw: bytes) -> str:
    """Return the same JSON with 2 in the place of 2.0."""

    def number(text: str) -> int | float:
        value = float(text)
        return int(value) if value.is_integer() else value

    return json.dumps(json.loads(raw, parse_float=number))


def _read_query(name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    return _validate(name, adapter, request.args)


def _read_headers(_name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    """Read the headers that the model knows; a request has many more."""
    model: Any = adapter._type
    given: MultiDict[str, str] = MultiDict()
    for field_name, field in model.model_fields.items():
        name = field.alias or field_name
        if name in request.headers:
            given[name] = request.headers[name]
        elif field.is_required():
            raise Problem(400, f"Send the header {name}.")
    return _validate("header", adapter, given)


def _read_form(name: str, adapter: TypeAdapter[Any], _path: object) -> Any:
    if request.mimetype not in FORM_TYPES:
        raise Problem(415, f"Send the body as {FORM_TYPES[0]}.")
    if request.mimetype == FORM_TYPES[0] and not request.mimetype_params.get("boundary"):
        raise Problem(400, "The Content-Type of a multipart body must name its boundary.")
    return _validate(name, adapter, request.files if name == "files" else request.form)


def read_path(name: str, adapter: TypeAdapter[Any], path: Mapping[str, Any]) -> Any:
    """Read a parameter of the path by the model that the view has for it."""
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
    kinds = {}
    for name, field in model.model_fields.items():
        kinds[field.alias or name] = tuple(_parts(field.annotation))
    return kinds


def _parts(hint: Any) -> Iterator[Any]:
    yield typing.get_origin(hint) or hint
    for part in typing.get_args(hint):
        yield from _parts(part)


def _unprocessable(place: str, error: ValidationError, *loc: str) -> Problem:
    """Return the 422 that lists what pydantic found, its first finding as the detail."""
    findings = error.errors(include_url=False, include_context=False)
    errors: list[dict[str, Any]] = []
    for found in findings[:MOST_ERRORS]:
        errors.append({"loc": [place, *loc, *found["loc"]], "msg": reason(found)})
    first = errors[0]
    detail = ".".join(map(str, first["loc"])) + f": {first['msg']}"
    if len(findings) > 1:
        detail += f" (and {len(findings) - 1} more)"
    return Problem(422, detail, errors=errors)


def reason(finding: Mapping[str, Any]) -> str:
    """Return what pydantic found without what only Python knows: ValueError, ``datetime.date(…)``.

    The length of a ``Line`` is checked after its code, when pydantic takes it for a list.
    """
    text: str = finding["msg"]
    length = LENGTH.fullmatch(text)
    if length and isinstance(finding["input"], str):
        return f"Text should have {length[1]} characters, not {length[2]}"
    text = PYTHON_DATE.sub(_rfc_3339, text.removeprefix("Value error, "))
    return re.sub(r"datetime\.\w+\(.*\)", "its limit", text)  # one in another zone than UTC


def _rfc_3339(found: re.Match[str]) -> str:
    numbers = [int(number) for number in found[2].split(", ")]
    if found[1] is None:
        return date(*numbers).isoformat()
    return datetime(*numbers, tzinfo=UTC).isoformat().replace("+00:00", "Z")  # type: ignore[arg-type,misc]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in parsed JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, dict):
        yield from value.keys()
        yield from _texts([*value.values()])
