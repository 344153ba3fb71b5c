"""The OpenAPI 3.1 document of an application, from its routes and their ``@endpoint``."""

import inspect
import re
import sys
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel, TypeAdapter
from werkzeug.routing import IntegerConverter, Rule

from common.api import Operation, Produces
from common.errors import MEDIA_TYPE

REF = "#/components/schemas/{model}"
JSON = "application/json"
HEADERS: dict[str, dict[str, Any]] = {
    "Location": {"required": True, "description": "URL of it", "schema": {"type": "string", "format": "uri-reference"}},
    "X-Total-Count": {"required": True, "description": "Length of the whole list", "schema": {"type": "integer"}},
    "Link": {"required": True, "description": "RFC 8288: first, prev, next, last", "schema": {"type": "string"}},
}


class ProblemDocument(BaseModel):
    """An error (RFC 9457)."""

    model_config = {"extra": "allow"}

    type: str
    title: str
    status: int
    detail: str


def routes(app: Flask) -> list[tuple[str, str, Rule, Operation]]:
    """Return (METHOD, path with ``{name}`` parameters, rule, operation) of all described routes."""
    found = []
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if operation is not None:
                found.append((method, path, rule, operation))
    return sorted(found, key=lambda route: (route[1], route[0]))


def document(app: Flask) -> dict[str, Any]:
    """Return the complete OpenAPI document of ``app``, as JSON data."""
    described = routes(app)
    adapters: dict[tuple[int, str, str], tuple[Any, str, TypeAdapter[Any]]] = {}
    for _method, _path, _rule, operation in described:
        for name, adapter in operation.inputs.items():
            adapters[id(operation), "in", name] = (len(adapters), "validation", adapter)
        for status, (_kind, output) in operation.outputs.items():
            if output is not None:
                adapters[id(operation), "out", str(status)] = (len(adapters), "serialization", output)
    problem = (-1, "serialization", TypeAdapter(ProblemDocument))
    schemas, shared = TypeAdapter.json_schemas([problem, *adapters.values()], ref_template=REF)  # type: ignore[list-item]
    components = dict(shared.get("$defs", {}))

    def schema(operation: Operation, kind: str, name: str) -> dict[str, Any]:
        number, mode, _adapter = adapters[id(operation), kind, name]
        return schemas[number, mode]  # type: ignore[index]

    def resolved(found: dict[str, Any]) -> dict[str, Any]:
        return components[found["$ref"].rsplit("/", 1)[1]] if "$ref" in found else found

    paths: dict[str, dict[str, Any]] = {}
    codes: set[int] = set()
    for method, path, rule, operation in described:
        item = _operation(rule, operation, method)
        errors = set(operation.errors)
        for name in sorted(rule.arguments):
            given = schema(operation, "in", name) if name in operation.inputs else _path_schema(rule, name, operation)
            item["parameters"].append({"name": name, "in": "path", "required": True, "schema": given})
            errors |= {404, 422} if name in operation.inputs else {404}
        if "query" in operation.inputs:
            item["parameters"] += _query(resolved(schema(operation, "in", "query")))
        if "query" in operation.inputs or not operation.any_query:
            errors.add(422)
        if "body" in operation.inputs:
            errors |= {400, 413, 415}
            item["requestBody"] = {"required": True, "content": {JSON: {"schema": schema(operation, "in", "body")}}}
        parts = [resolved(schema(operation, "in", name)) for name in ("form", "files") if name in operation.inputs]
        if parts:
            errors |= {400, 413, 415}
            item["requestBody"] = {"required": True, "content": _form(parts, "files" in operation.inputs)}
        for status, (kind, output) in operation.outputs.items():
            content = {JSON: {"schema": schema(operation, "out", str(status))}} if output is not None else None
            names = {201: ["Location"], 202: ["Location"]}.get(status, [])
            names += ["X-Total-Count", "Link"] if kind.__name__ == "Page" else []
            item["responses"][str(status)] = _response(HTTPStatus(status).phrase, content, names)
        for status, produces in operation.responses.items():
            item["responses"][str(status)] = _produced(status, produces)
        for status in sorted(errors - {int(code) for code in item["responses"]}):
            item["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
            codes.add(status)
        paths.setdefault(path, {})[method.lower()] = item
    title, _, text = inspect.cleandoc(sys.modules[app.import_name].__doc__ or app.name).partition("\n")
    problem_schema = {"schema": schemas[-1, "serialization"]}  # type: ignore[index]
    content = {MEDIA_TYPE: problem_schema, "text/html": {"schema": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title.rstrip("."), "version": "1", "description": text.strip()},
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {str(code): _response(HTTPStatus(code).phrase, content, []) for code in sorted(codes)},
            "securitySchemes": app.extensions.get("common_security", {}),
        },
    }


def _operation(rule: Rule, operation: Operation, method: str) -> dict[str, Any]:
    summary, _, text = inspect.cleandoc(operation.view.__doc__ or "").partition("\n")
    name = rule.endpoint.replace(".", "_") + ("" if len((rule.methods or set()) - {"HEAD", "OPTIONS"}) == 1 else "_" + method.lower())
    item: dict[str, Any] = {"operationId": name, "summary": summary.rstrip("."), "parameters": [], "responses": {}}
    if text.strip():
        item["description"] = text.strip()
    if operation.security:
        item["security"] = [{operation.security: []}]
    return item


def _path_schema(rule: Rule, name: str, operation: Operation) -> dict[str, Any]:
    converter = rule._converters[name]
    if isinstance(converter, IntegerConverter):
        return {"type": "integer", "minimum": converter.min or 0, "maximum": converter.max}
    pattern = getattr(converter, "regex", "")
    return {"type": "string", "minLength": 1} | ({"pattern": f"^{pattern}$"} if pattern.isalnum() else {})


def _query(model: dict[str, Any]) -> list[dict[str, Any]]:
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
        parameter = {"name": name, "in": "query", "required": name in model.get("required", []), "schema": schema}
        if "description" in given:
            parameter["description"] = given["description"]
        parameters.append(parameter)
    return parameters


def _form(parts: list[dict[str, Any]], has_files: bool) -> dict[str, Any]:
    merged = {
        "type": "object",
        "properties": {name: given for part in parts for name, given in part.get("properties", {}).items()},
        "required": [name for part in parts for name in part.get("required", [])],
        "additionalProperties": False,
    }
    types = ["multipart/form-data"] if has_files else ["application/x-www-form-urlencoded", "multipart/form-data"]
    return {kind: {"schema": merged} for kind in types}


def _response(description: str, content: dict[str, Any] | None, headers: list[str]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description}
    if content:
        response["content"] = content
    if headers:
        response["headers"] = {name: HEADERS[name] for name in headers}
    return response


def _produced(status: int, produces: Produces) -> dict[str, Any]:
    content = {produces.media_type: {"schema": {}}} if produces.media_type else None
    return _response(produces.description, content, ["Location"] if status in {201, 202, 301, 302, 303, 307, 308} else [])
