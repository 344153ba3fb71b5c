"""From the OpenAPI document to what a person can try: values that work, and command lines."""

import json
import mimetypes
import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from common import clock

JSON = "application/json"
AHEAD = timedelta(days=7)

Document = dict[str, Any]


@dataclass
class Input:
    """One field of a form: a parameter, or a part of the body."""

    name: str
    place: str  # path, query, header; form, file
    value: str
    is_required: bool
    hint: str


@dataclass
class Entry:
    """One operation as the landing page shows it."""

    method: str
    path: str
    summary: str
    inputs: list[Input]
    body: str | None
    media_type: str | None
    header: str | None  # that the token goes into, "Authorization: Bearer "
    scheme: str | None
    is_list: bool

    @property
    def needs_input(self) -> bool:
        """Whether a parameter must be given."""
        return any(given.is_required for given in self.inputs)

    @property
    def template(self) -> str:
        """The command line with ``{url}`` and ``{body}`` where these go: a script fills them in."""
        parts = ["curl"]
        implied = "GET" if self.media_type is None else "POST"
        if self.method != implied:
            parts[0] += f" -X {self.method}"
        parts[0] += " {url}"
        if self.header is not None:
            parts.append(f'-H "{self.header}$TOKEN"')
        for given in self.inputs:
            if given.place == "header" and given.is_required:
                parts.append("-H " + shlex.quote(f"{given.name}: {given.value}"))
            elif given.place == "form":
                parts.append("-F " + shlex.quote(f"{given.name}={given.value}"))
            elif given.place == "file":
                ending = mimetypes.guess_extension(given.hint) or ".png"
                parts.append(f"-F {given.name}=@{given.name}{ending}")
        if self.body is not None:
            parts.append("--json {body}")
        return " \\\n  ".join(parts)

    @property
    def target(self) -> str:
        """Path and query, with all that is required filled in."""
        path = self.path
        query = []
        for given in self.inputs:
            if given.place == "path":
                path = path.replace(f"{{{given.name}}}", quote(given.value, safe=""))
            elif given.place == "query" and given.is_required:
                query.append((given.name, given.value))
        return f"{path}?{urlencode(query)}" if query else path

    def command(self, root: str) -> str:
        """Return the line for a terminal; ``root`` is the URL of ``/``."""
        line = self.template.replace("{url}", shlex.quote(root.rstrip("/") + self.target))
        return line.replace("{body}", shlex.quote(self.body or ""))


def entries(document: Document) -> list[Entry]:
    """Return what there is to try, in the document's order."""
    found = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if operation["tags"] == ["api"]:
                found.append(_entry(document, method.upper(), path, operation))
    return found


def login(document: Document) -> dict[str, str]:
    """Return the fields of the form that logs in, each with its example; none without a login."""
    operation = document["paths"].get("/login", {}).get("post", {})
    content = operation.get("requestBody", {}).get("content", {})
    if JSON not in content:
        return {}
    fields: dict[str, str] = example(document, content[JSON]["schema"])
    return fields


def _entry(document: Document, method: str, path: str, operation: Any) -> Entry:
    content = operation.get("requestBody", {}).get("content", {})
    media_type = next(iter(content), None)
    inputs = [_parameter(document, parameter) for parameter in operation["parameters"]]
    body = None
    if media_type == JSON:
        body = json.dumps(example(document, content[JSON]["schema"]), indent=2, ensure_ascii=False)
    elif media_type is not None:
        inputs += _parts(document, content[media_type])
    scheme = next((name for option in operation["security"] for name in option), None)
    answer = operation["responses"].get("200", {}).get("content", {}).get(JSON, {})
    return Entry(
        method=method,
        path=path,
        summary=operation["summary"],
        inputs=inputs,
        body=body,
        media_type=media_type,
        header=_header(document, scheme),
        scheme=scheme,
        is_list=method == "GET" and answer.get("schema", {}).get("type") == "array",
    )


def _parameter(document: Document, parameter: dict[str, Any]) -> Input:
    schema = parameter["schema"]
    value = ""
    if parameter["required"]:
        value = str(example(document, schema, parameter["name"]))
    hint = parameter.get("description", "").replace("`", "") or schema.get("format", "")
    return Input(parameter["name"], parameter["in"], value, parameter["required"], hint)


def _parts(document: Document, media: dict[str, Any]) -> list[Input]:
    """Return the fields and files of a form."""
    schema = media["schema"]
    parts = []
    for name, given in schema["properties"].items():
        is_file = (
            given.get("format") == "binary" or given.get("items", {}).get("format") == "binary"
        )
        value = "" if is_file else str(example(document, given, name))
        hint = media.get("encoding", {}).get(name, {}).get("contentType", "")
        place = "file" if is_file else "form"
        parts.append(Input(name, place, value, name in schema["required"], hint))
    return parts


def _header(document: Document, scheme: str | None) -> str | None:
    """Return the beginning of the header that the token goes into; None if it is no header."""
    described = document["components"].get("securitySchemes", {}).get(scheme, {})
    if described.get("type") == "http":
        return "Authorization: Bearer "
    if described.get("type") == "apiKey" and described["in"] == "header":
        return f"{described['name']}: "
    return None


def example(document: Document, schema: dict[str, Any], name: str = "") -> Any:
    """Return a small value of ``schema``: its own example if there is one, else the least.

    A moment lies a week ahead, since what is planned must not be over; a date is today's.
    """
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    own = [*schema.get("examples", []), *schema.get("enum", [])]
    own += [schema[word] for word in ("const", "default") if schema.get(word) is not None]
    options = schema.get("anyOf") or schema.get("oneOf")
    kind = schema.get("type")
    value: Any
    if own:
        value = own[0]
    elif options:
        value = example(document, options[0], name)
    elif kind == "object":
        fields = schema.get("properties", {})
        names = schema.get("required") or list(fields)[:1]
        value = {name: example(document, fields[name], name) for name in names}
    elif kind == "array":
        value = [example(document, schema["items"], name)] * schema.get("minItems", 1)
    elif kind in ("integer", "number"):
        value = max(1, schema.get("minimum", 1))
    elif kind == "boolean":
        value = True
    else:
        value = _text(schema, name)
    return value


def _text(schema: dict[str, Any], name: str) -> str:
    ahead = (clock.now() + AHEAD).replace(hour=18, minute=0, second=0, microsecond=0)
    known = {
        "date": f"{clock.now():%Y-%m-%d}",
        "date-time": f"{ahead:%Y-%m-%dT%H:%M:%SZ}",
        "local-date-time": f"{ahead:%Y-%m-%dT%H:%M:%S}",
        "uri": "https://example.com/",
    }
    text = known.get(schema.get("format", ""), name.replace("_", " ") or "text")
    return text[: schema.get("maxLength")]
