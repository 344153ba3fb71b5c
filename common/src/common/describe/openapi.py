"""The OpenAPI 3.1 document of an application, from its routes and their ``@endpoint``."""

import inspect
import json
import re
import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel, TypeAdapter
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import IntegerConverter, Rule

from common.api import LARGEST_ID, Accepted, Created, Operation, Produces
from common.errors import MEDIA_TYPE
from common.pagination import Page
from common.reading import FORM_TYPES

REF = "#/components/schemas/{model}"
JSON = "application/json"
BOUNDS = {"ge": "not before", "gt": "after", "le": "not after", "lt": "before"}
REDIRECTS = {301, 302, 303, 307, 308}
HEADERS: dict[str, dict[str, Any]] = {
    "Location": {
        "required": True,
        "description": "URL of it",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "X-Total-Count": {
        "required": True,
        "description": "Length of the whole list",
        "schema": {"type": "integer"},
    },
    "Link": {
        "required": True,
        "description": "RFC 8288: first, prev, next, last",
        "schema": {"type": "string"},
    },
}
OUTPUT_HEADERS = {
    Created: ["Location"],
    Accepted: ["Location"],
    Page: ["X-Total-Count", "Link"],
}


class ProblemDocument(BaseModel):
    """An error (RFC 9457)."""

    model_config = {"extra": "allow"}

    type: str
    title: str
    status: int
    detail: str


def routes(app: Flask) -> list[tuple[str, str, Rule, Operation]]:
    """Return (METHOD, path with ``{name}`` parameters, rule, operation) of all described routes.

    They come in the order in which the application defines them.
    """
    found = []
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if operation is not None:
                found.append((method, path, rule, operation))
    return found


def document(app: Flask) -> dict[str, Any]:
    """Return the complete OpenAPI document of ``app``, as JSON data."""
    described = routes(app)
    schemas = _Schemas([operation for *_, operation in described])
    paths: dict[str, dict[str, Any]] = {}
    errors: set[int] = set()
    for method, path, rule, operation in described:
        item, its_errors = _operation(method, rule, operation, schemas)
        paths.setdefault(path, {})[method.lower()] = item
        errors |= its_errors
    title, _, text = inspect.cleandoc(_docstring(app)).partition("\n")
    problem = {MEDIA_TYPE: {"schema": schemas.problem}, "text/html": {"schema": {"type": "string"}}}
    responses = {str(code): _response(HTTP_STATUS_CODES[code], problem) for code in sorted(errors)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title.rstrip("."),
            "version": "1",
            "description": text.strip(),
        },
        "tags": [
            {"name": "api", "description": "What this application is for"},
            {"name": "about", "description": "What every application here has"},
        ],
        "paths": paths,
        "components": {
            "schemas": _used(schemas.components, [paths, responses]),
            "responses": responses,
            **app.extensions.get("common_security", {}),
        },
    }


def _docstring(app: Flask) -> str:
    return getattr(sys.modules.get(app.import_name), "__doc__", None) or app.name


class _Schemas:
    """The JSON Schemas of all that goes in and out, made in one go so that names are unique."""

    def __init__(self, operations: list[Operation]) -> None:
        adapters: dict[tuple[int, str | int], tuple[Any, Any, TypeAdapter[Any]]] = {}
        for operation in operations:
            for name, adapter in operation.inputs.items():
                adapters[id(operation), name] = (len(adapters), "validation", adapter)
            for output in operation.outputs.values():
                if output.adapter is not None:
                    key = (id(operation), output.status)
                    adapters[key] = (len(adapters), "serialization", output.adapter)
        adapters[0, "problem"] = (len(adapters), "serialization", TypeAdapter(ProblemDocument))
        made, shared = TypeAdapter.json_schemas(list(adapters.values()), ref_template=REF)
        _say_bounds([made, shared])
        self.components: dict[str, Any] = shared.get("$defs", {})
        self._made = {key: made[number, mode] for key, (number, mode, _) in adapters.items()}
        self.problem = self._made[0, "problem"]

    def of(self, operation: Operation, name: str | int) -> dict[str, Any]:
        """Return the schema of an input by its name or of an output by its status."""
        return self._made[id(operation), name]

    def properties_of(self, operation: Operation, name: str) -> dict[str, Any]:
        """Return the same with a reference followed."""
        found = self.of(operation, name)
        if "$ref" not in found:
            return found
        resolved: dict[str, Any] = self.components[found["$ref"].rsplit("/", 1)[1]]
        return resolved


def _used(components: dict[str, Any], node: Any) -> dict[str, Any]:
    """Return the components that something in ``node`` refers to, and those that these refer to.

    A query's model is none of them: it has become parameters.
    """
    used: dict[str, Any] = {}
    waiting = _references(node)
    while waiting:
        name = waiting.pop()
        if name in components and name not in used:
            used[name] = components[name]
            waiting |= _references(components[name])
    return dict(sorted(used.items()))


def _references(node: Any) -> set[str]:
    """Return the names of all components that something refers to."""
    prefix = REF.format(model="")
    return set(re.findall(f'"{prefix}([^"]+)"', json.dumps(node)))


def _say_bounds(node: Any) -> None:
    """Say in words what bounds a date has: JSON Schema has no word for it, pydantic's is none."""
    if isinstance(node, list):
        for part in node:
            _say_bounds(part)
    if not isinstance(node, dict):
        return
    if node.get("type") == "string":
        bounds = [f"{words} {node.pop(key)}" for key, words in BOUNDS.items() if key in node]
        if bounds:
            text = ", ".join(bounds)
            said = f"{text[0].upper()}{text[1:]}."
            node["description"] = f"{node.get('description', '')} {said}".strip()
    _say_bounds([*node.values()])


def _operation(
    method: str, rule: Rule, operation: Operation, schemas: _Schemas
) -> tuple[dict[str, Any], set[int]]:
    """Return the operation object and the statuses of its errors."""
    summary, _, text = inspect.cleandoc(operation.view.__doc__ or "").partition("\n")
    item: dict[str, Any] = {
        "operationId": f"{method.lower()}_{rule.endpoint.replace('.', '_')}",
        "summary": summary.rstrip(".").replace("`", ""),
        "tags": ["about" if rule.endpoint.startswith(("common.", "landing.")) else "api"],
        "parameters": [],
        "responses": {},
    }
    if text.strip():
        item["description"] = text.strip().replace("``", "`")  # Markdown
    item["security"] = [{operation.security: []}] if operation.security else []
    errors = set(operation.errors) | (set() if operation.any_query else {422})
    for name in sorted(rule.arguments):
        checked = name in operation.inputs
        given = schemas.of(operation, name) if checked else _path_schema(rule, name)
        item["parameters"].append({"name": name, "in": "path", "required": True, "schema": given})
        errors |= {404, 422} if checked else {404}
    if "query" in operation.inputs:
        item["parameters"] += _parameters("query", schemas.properties_of(operation, "query"))
        errors.add(422)
    if "headers" in operation.inputs:
        item["parameters"] += _parameters("header", schemas.properties_of(operation, "headers"))
        errors |= {400, 422}
    content = _request_content(operation, schemas)
    if content:
        item["requestBody"] = {"required": True, "content": content}
        errors |= {400, 413, 415, 422}
    if HTTPStatus.NOT_MODIFIED in operation.responses:
        errors.add(412)  # who answers If-None-Match answers If-Match, too
    for kind, output in operation.outputs.items():
        answer = {}
        if output.adapter is not None:
            answer[JSON] = {"schema": schemas.of(operation, output.status)}
        headers = OUTPUT_HEADERS.get(kind, [])
        words = HTTP_STATUS_CODES[output.status]
        item["responses"][str(output.status)] = _response(words, answer, headers)
    for status, described in operation.responses.items():
        known = item["responses"].get(str(status), {"description": ""})
        item["responses"][str(status)] = _with_media_types(known, status, described)
    for status in sorted(errors - {int(code) for code in item["responses"]}):
        item["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
    return item, errors


def _request_content(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    """Return the media types of the body and their schemas; nothing where there is no body."""
    if "body" in operation.inputs:
        return {JSON: {"schema": schemas.of(operation, "body")}}
    names = [name for name in ("form", "files") if name in operation.inputs]
    parts = [schemas.properties_of(operation, name) for name in names]
    fields = {name: given for part in parts for name, given in part["properties"].items()}
    merged = {
        "type": "object",
        "properties": fields,
        "required": [name for part in parts for name in part.get("required", [])],
        "additionalProperties": False,
    }
    kinds = FORM_TYPES[:1] if "files" in names else FORM_TYPES if names else ()
    encoding = {
        name: {"contentType": given["contentMediaType"]}
        for name, given in fields.items()
        if "contentMediaType" in given
    }
    media_type = {"schema": merged} | ({"encoding": encoding} if encoding else {})
    return dict.fromkeys(kinds, media_type)


def _path_schema(rule: Rule, name: str) -> dict[str, Any]:
    converter = rule._converters[name]
    if isinstance(converter, IntegerConverter):
        return {"type": "integer", "minimum": converter.min or 0, "maximum": LARGEST_ID}
    return {"type": "string", "minLength": 1}


def _parameters(place: str, model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one parameter for each property: what is optional is absent, never null."""
    parameters = []
    for name, given in model.get("properties", {}).items():
        schema = {key: value for key, value in given.items() if key not in {"title", "description"}}
        options = [option for option in schema.pop("anyOf", []) if option != {"type": "null"}]
        if len(options) == 1:
            schema |= options[0]
        elif options:
            schema["anyOf"] = options
        if schema.get("default", ...) is None:
            del schema["default"]
        parameter = {
            "name": name,
            "in": place,
            "required": name in model.get("required", []),
            "schema": schema,
        }
        if "description" in given:
            parameter["description"] = given["description"]
        parameters.append(parameter)
    return parameters


def _with_media_types(
    response: dict[str, Any], status: int, described: str | Produces | Sequence[Produces]
) -> dict[str, Any]:
    """Return a response that has what ``responses=`` says of it besides what it has already."""
    if isinstance(described, str):
        described = Produces(described)
    if isinstance(described, Produces):
        described = [described]
    content = dict(response.get("content", {}))
    for produces in described:
        if produces.media_type:
            content[produces.media_type] = {"schema": {}}
    headers = [*response.get("headers", {})]
    if status in REDIRECTS:
        headers.append("Location")
    text = "; ".join(dict.fromkeys(produces.description for produces in described))
    return _response(text, content, headers)


def _response(
    description: str, content: dict[str, Any], headers: list[str] | None = None
) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description}
    if content:
        response["content"] = content
    if headers:
        response["headers"] = {name: HEADERS[name] for name in headers}
    return response
