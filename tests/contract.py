"""Hold an application against its OpenAPI document and against what every project promises."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import schemathesis
from jsonschema import Draft202012Validator
from schemathesis import Case, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData
from werkzeug.test import Client, TestResponse

from common.describe.pages import SECURITY_HEADERS
from common.testing.backend import InProcess
from tests.login import UserClient, login

Document = dict[str, Any]
Operation = dict[str, Any]

SEED = 45
JSON = "application/json"
PROBLEM = "application/problem+json"
MULTIPART = "multipart/form-data"
MEMBERS = {"type": str, "title": str, "status": int, "detail": str}  # RFC 9457
SECRETS = ("Traceback", "site-packages", "sqlalchemy", "SELECT ", "INSERT ", "/home/", "/tmp/")  # noqa: S108
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
HUGE = 10**20
PLAIN = {"date": "2026-03-01"}  # path parameters by format
UNKNOWN = "nobody_knows"
WORDS = {  # of JSON Schema 2020-12 and of OpenAPI 3.1, as far as they are used here
    *("$ref", "type", "enum", "const", "anyOf", "oneOf", "allOf", "not", "discriminator"),
    *("properties", "patternProperties", "additionalProperties", "propertyNames", "required"),
    *("minProperties", "maxProperties", "items", "prefixItems", "minItems", "maxItems"),
    *("uniqueItems", "contains", "minLength", "maxLength", "pattern", "format"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
    *("contentMediaType", "contentEncoding"),
}
UNAUTHORIZED, FORBIDDEN = HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN
ANY_BUT_FAILURE = set(range(200, 500))


# --- the document alone


def flaws(document: Document) -> Iterator[str]:
    """Yield what is wrong with a document that is valid OpenAPI all the same.

    What the linters of Redocly and Spectral call an error is here too, without Node.
    """
    yield from flaws_of_operations(document)
    text = json.dumps(document)
    for kind, parts in document["components"].items():
        for name in parts:
            if kind != "securitySchemes" and f'"#/components/{kind}/{name}"' not in text:
                yield f"components/{kind}/{name} is not used."
    for schema in schemas_in(document):
        for word in schema.keys() - WORDS:
            yield f"{word} is no word of JSON Schema: {schema}."
        examples = [*schema.get("examples", [])]
        if "default" in schema:
            examples.append(schema["default"])
        for example in examples:
            whole = {**schema, "components": document["components"]}
            if not Draft202012Validator(whole).is_valid(example):
                yield f"{example!r} does not fit its own schema: {schema}."


def flaws_of_operations(document: Document) -> Iterator[str]:
    """Yield what an operation does not say of itself, or says of what is not there."""
    tags = {tag["name"] for tag in document.get("tags", []) if tag.get("description")}
    schemes = document["components"].get("securitySchemes", {})
    for path, item in document["paths"].items():
        for name, operation in item.items():
            where = f"{name.upper()} {path}"
            if not operation.get("summary"):
                yield f"{where} has no summary."
            for tag in set(operation["tags"]) - tags:
                yield f"{where} has the tag {tag}, which is not described."
            if "security" not in operation:
                yield f"{where} says neither whom it lets in nor that it lets everybody in."
            asked = {scheme for option in operation.get("security", []) for scheme in option}
            for scheme in asked - schemes.keys():
                yield f"{where} asks for {scheme}, which is no scheme here."


def schemas_in(document: Document) -> Iterator[dict[str, Any]]:
    """Yield every schema of a document, the inner ones too."""
    waiting = [*document["components"].get("schemas", {}).values()]
    for item in document["paths"].values():
        for operation in item.values():
            waiting += [parameter["schema"] for parameter in operation["parameters"]]
            contents = [operation.get("requestBody", {}), *operation["responses"].values()]
            waiting += [
                kind["schema"] for it in contents for kind in it.get("content", {}).values()
            ]
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, dict):  # true or false
            continue
        yield schema
        for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
            waiting += schema.get(word, [])
        for word in ("properties", "patternProperties"):
            waiting += schema.get(word, {}).values()
        for word in ("items", "additionalProperties", "propertyNames", "not", "contains"):
            if word in schema:
                waiting.append(schema[word])


# --- Schemathesis


def broken_promises(
    backend: InProcess, document: Document, examples: int, seed: int | None = SEED
) -> Iterator[str]:
    """Yield what all checks of Schemathesis find, each kind of finding once for an operation."""
    settings: dict[str, Any] = {
        "generation": {"max-examples": examples, "deterministic": seed is not None},
        "phases": {"stateful": {"max-steps": 5}},
        "headers": login(backend),
        # It cannot ask an application in this process again without a login: unguarded() does.
        "checks": {"ignored_auth": {"enabled": False}},
    }
    config = SchemathesisConfig.from_dict(settings | ({} if seed is None else {"seed": seed}))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", backend.app, config=config)

    def filter_failure(_: object, failure: Failure, case: Case[Any], response: Response) -> bool:
        return not is_right_after_all(document, failure, case, response)

    schema.hook(filter_failure)
    seen: set[tuple[str | None, str]] = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for checks in event.recorder.checks.values():
                for check in checks:
                    if check.failure_info is None:
                        continue
                    failure = check.failure_info.failure
                    if (failure.operation, failure.title) not in seen:
                        seen.add((failure.operation, failure.title))
                        request = check.failure_info.code_sample
                        yield f"{failure.operation}: {failure}\n  {request}"
        elif isinstance(event, events.NonFatalError):
            yield f"{event.label}: {event.value}"
        elif isinstance(event, events.FatalError):
            raise event.exception


def is_right_after_all(
    document: Document, failure: Failure, case: Case[Any], response: Response
) -> bool:
    """Tell whether an answer is right for a reason that no check of Schemathesis knows.

    - What was accepted (202) is not there yet.
    - 410 is as good as 404.
    - Data that fit their schema may be answered with 422 where its ``errors`` lead to fields with a
      ``format``: that is JSON Schema's word for what it cannot say itself.
    """
    if isinstance(failure, EnsureResourceAvailability):
        method, _, path = failure.created_with.partition(" ")
        return "202" in document["paths"][path][method.lower()]["responses"]
    if not isinstance(failure, RejectedPositiveData):
        return False
    if response.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
        return bool(response.status_code == HTTPStatus.GONE)
    operation = document["paths"][case.operation.path][case.operation.method.lower()]
    places = [error["loc"] for error in response.json().get("errors", [])]
    return bool(places) and all(
        any("format" in schema for schema in at(document, operation, place)) for place in places
    )


def at(document: Document, operation: Operation, loc: list[str | int]) -> list[dict[str, Any]]:
    """Return the schemas of the place in a request that the ``loc`` of an error names."""
    kind, *path = loc
    if kind in {"query", "path"}:
        name = path.pop(0) if path else ""
        found = [
            p["schema"] for p in operation["parameters"] if (p["in"], p["name"]) == (kind, name)
        ]
    else:
        found = [media["schema"] for media in operation["requestBody"]["content"].values()]
    found = resolved(document, found)
    for part in path:
        if isinstance(part, int):
            inner = [schema["items"] for schema in found if "items" in schema]
        else:
            properties = [schema.get("properties", {}) for schema in found]
            inner = [names[part] for names in properties if part in names]
        found = resolved(document, inner) or found  # else the part names an option of a union
    return found


def resolved(document: Document, schemas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the schemas that these are or refer to, and the options in them."""
    found = []
    for schema in schemas:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            found += resolved(document, [document["components"]["schemas"][name]])
        else:
            found.append(schema)
            for kind in ("anyOf", "oneOf", "allOf"):
                found += resolved(document, schema.get(kind, []))
    return found


# --- who may ask


def unguarded(backend: InProcess, document: Document) -> Iterator[str]:
    """Yield the operations that need a login, by the document, and answer without a good one."""
    client = Client(backend.wsgi)
    for path, item in document["paths"].items():
        for name, operation in item.items():
            schemes = {scheme for option in operation.get("security", []) for scheme in option}
            if not schemes & {"account", "session"}:
                continue
            # Who changes something by a cookie must first show where the request comes from.
            refused = UNAUTHORIZED if "account" in schemes or name == "get" else FORBIDDEN
            for token in ("", "Bearer", "Bearer nonsense", "Basic YW5hOg==", "Bearer \u00e9"):
                headers = {"Authorization": token} if token else {}
                answer = client.open(filled(path, operation), method=name.upper(), headers=headers)
                if answer.status_code != refused:
                    yield f"{name.upper()} {path} with {token or 'no token'}: {answer.status}."
                elif refused == UNAUTHORIZED and "WWW-Authenticate" not in answer.headers:
                    yield f"{name.upper()} {path}: 401 without the header WWW-Authenticate."


# --- rude requests


@dataclass(frozen=True)
class Rude:
    """A request that no good client sends, and the statuses that answer it."""

    what: str
    method: str
    url: str
    statuses: set[int]
    request: dict[str, Any] = field(default_factory=dict)
    named: str = ""  # what a 422 must name


def rude_requests(document: Document, largest_body: int) -> Iterator[Rude]:
    """Yield rude requests to every operation."""
    for path, item in document["paths"].items():
        for name, operation in item.items():
            method, url = name.upper(), filled(path, operation)
            yield from rude_paths(method, path, operation)
            yield from rude_queries(method, url, operation)
            content = operation.get("requestBody", {}).get("content", {})
            if JSON in content:
                schema = resolved(document, [content[JSON]["schema"]])
                names = [name for part in schema for name in part.get("properties", {})]
                yield from rude_json(method, url, names, largest_body)
            if MULTIPART in content:
                yield from rude_forms(method, url)
        yield from wrong_methods(path, item)
    yield Rude("a URL of nothing", "GET", "/there/is/nothing/here", {404})


def filled(path: str, operation: Operation, **values: str) -> str:
    """Return the path with its parameters filled in: the given ones, else 1, a date or x."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            schema = parameter["schema"]
            plain = "1" if schema.get("type") == "integer" else PLAIN.get(schema.get("format"), "x")
            value = values.get(parameter["name"], plain)
            path = path.replace("{%s}" % parameter["name"], value)  # noqa: UP031  # braces are meant
    return path


def rude_paths(method: str, path: str, operation: Operation) -> Iterator[Rude]:
    """Yield paths with impossible parameters."""
    for parameter in operation["parameters"]:
        if parameter["in"] != "path":
            continue
        numbers = [str(HUGE), "-1", "1.5", "NaN"]
        is_number = parameter["schema"].get("type") == "integer"
        for value in ["%00", "a%00b", "%ff", "x" * 5000, *(numbers if is_number else [])]:
            url = filled(path, operation, **{parameter["name"]: value})
            statuses = {404} if value in numbers else {400, 404, 414, 415, 422}
            yield Rude(f"{parameter['name']} = {value:.30}", method, url, statuses)


def rude_queries(method: str, url: str, operation: Operation) -> Iterator[Rude]:
    """Yield query strings with impossible values, unknown names and repetitions."""
    refused = {422, 415} if "requestBody" in operation else {422}  # without the body it needs
    takes_any = "422" not in operation["responses"]
    for query, named in {
        f"{UNKNOWN}=1": UNKNOWN,
        "a%00b=1": "",
        "a=%00": "",
        "%ff=%ff": "",
    }.items():
        statuses = ANY_BUT_FAILURE if takes_any else refused
        yield Rude(f"?{query}", method, f"{url}?{query}", statuses, named=named)
    for parameter in operation["parameters"]:
        if parameter["in"] != "query":
            continue
        name = parameter["name"]
        wrong = [f"{name}=a%00b"]
        if parameter["schema"].get("type") == "integer":
            values = [str(HUGE), f"-{HUGE}", "abc", "NaN", "1.5", ""]
            wrong += [f"{name}={value}" for value in values] + [f"{name}=1&{name}=2"]
        if name in {"page", "per_page"}:
            wrong += [f"{name}=-1", f"{name}=0"]
        for query in wrong:
            yield Rude(f"?{query}", method, f"{url}?{query}", refused)


def rude_json(method: str, url: str, names: list[str], largest: int) -> Iterator[Rude]:
    """Yield bodies that are no JSON, no object, too deep, too large or have impossible values."""

    def each(value: str) -> bytes:
        return ("{" + ", ".join(f'"{name}": {value}' for name in names) + "}").encode()

    for what, body, statuses in [
        ("half a body", b'{"a": ', {400}),
        ("no body", b"", {400}),
        ("a body of bytes that are no text", b'"\xff"', {400}),
        ("a list", b"[]", {422}),
        ("null", b"null", {422}),
        ("100,000 brackets", b"[" * 100_000, {400, 422}),
        ("100,000 nested objects", b'{"a":' * 100_000, {400, 422}),
        ("NaN", each("NaN"), {400, 422}),
        ("10^20", each(str(HUGE)), {422}),
        ("10^400", each("1e400"), {400, 422}),
        ("a lone surrogate, escaped", each(r'"\ud800"'), {400, 422}),
        ("a lone surrogate, in bytes", each('"?"').replace(b"?", b"\xed\xa0\x80"), {400, 422}),
        ("NUL", each(r'"\u0000"'), {422}),
        ("NUL in a name", rb'{"\u0000": 1}', {422}),
        ("more than the limit", b" " * (largest + 1), {413}),
    ]:
        yield Rude(what, method, url, statuses, {"data": body, "content_type": JSON})
    yield Rude("an unknown field", method, url, {422}, {"json": {UNKNOWN: 1}}, UNKNOWN)
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "", "application/xml"):
        request = {"data": b"{}", "content_type": content_type}
        yield Rude(f"JSON sent as {content_type!r}", method, url, {415}, request)


def rude_forms(method: str, url: str) -> Iterator[Rude]:
    """Yield forms without boundary, with unknown parts or of another type."""
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\nx\r\n--b--\r\n'
    with_boundary = f"{MULTIPART}; boundary=b"
    for what, body, content_type, statuses in [
        ("a form without boundary", part % b"a", MULTIPART, {400}),
        ("a form that ends too early", part[:20], with_boundary, {400, 422}),
        ("a form that is none", b"\x00\xff", with_boundary, {400, 422}),
        ("an empty form", b"", with_boundary, {400, 422}),
        ("NUL in the name of a part", part % b"a\0b", with_boundary, {400, 422}),
        ("JSON in place of a form", b"{}", JSON, {415}),
        ("text in place of a form", b"x", "text/plain", {415}),
    ]:
        yield Rude(what, method, url, statuses, {"data": body, "content_type": content_type})
    request = {"data": {UNKNOWN: "1"}, "content_type": MULTIPART}
    yield Rude("an unknown part", method, url, {422}, request, UNKNOWN)


def wrong_methods(path: str, item: dict[str, Operation]) -> Iterator[Rude]:
    """Yield requests with methods that the path does not have."""
    url = filled(path, next(iter(item.values())))
    for method in [*METHODS, "TRACE"]:
        if method.lower() not in item:
            yield Rude("a method that is not there", method, url, {405})


# --- answers


def wrong_answer(rude: Rude, response: TestResponse) -> Iterator[str]:
    """Yield what is wrong with the answer to a rude request."""
    if response.status_code not in rude.statuses:
        expected = " or ".join(map(str, sorted(rude.statuses)))
        yield f"is answered with {response.status}, not {expected}: {response.text[:200]}"
    elif response.status_code >= HTTPStatus.BAD_REQUEST:
        yield from wrong_problem(response)
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and rude.named not in response.text:
        yield f"is answered with 422, but {rude.named} is not named: {response.text[:200]}"
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and "Allow" not in response.headers:
        yield "is answered with 405, but without the header Allow"
    yield from missing_headers(response)


def wrong_problem(response: TestResponse) -> Iterator[str]:
    """Yield what is wrong with a problem document (RFC 9457)."""
    if response.mimetype != PROBLEM:
        yield f"is answered with {response.mimetype}, not {PROBLEM}"
        return
    problem = json.loads(response.data)
    for name, kind in MEMBERS.items():
        if not isinstance(problem.get(name), kind) or not problem[name]:
            yield f"is answered with a problem without {name}: {response.text[:200]}"
    if problem.get("status") != response.status_code:
        yield f"has status {problem.get('status')} in the problem, but is {response.status}"
    for word in SECRETS:
        if word in response.text:
            yield f"tells {word!r}, which nobody outside must know: {response.text[:200]}"


def missing_headers(response: TestResponse) -> Iterator[str]:
    """Yield the headers that every answer must have and this one has not."""
    for name in ("X-Request-ID", *SECURITY_HEADERS):
        if not response.headers.get(name):
            yield f"is answered without the header {name}"


def rudeness_that_hurts(backend: InProcess, document: Document) -> Iterator[str]:
    """Yield each rude request that the application does not answer as it must."""
    client = UserClient(backend)
    for rude in rude_requests(document, backend.app.config["MAX_CONTENT_LENGTH"]):
        response = client.open(rude.url, method=rude.method, **rude.request)
        for finding in wrong_answer(rude, response):
            yield f"{rude.method} {rude.url[:80]} ({rude.what}) {finding}."


def lame_methods(backend: InProcess, document: Document) -> Iterator[str]:
    """Yield paths where HEAD differs from GET, or OPTIONS does not say what there is."""
    client = UserClient(backend)
    for path, item in document["paths"].items():
        url = filled(path, next(iter(item.values())))
        if "get" in item:
            get, head = client.get(url), client.head(url)
            if (get.status, get.content_type) != (head.status, head.content_type):
                yield f"HEAD {url} answers {head.status}, GET {get.status}."
            if head.data:
                yield f"HEAD {url} has a body."
            yield from (f"GET {url} {finding}." for finding in missing_headers(get))
        options = client.options(url)
        allowed = {method.strip() for method in options.headers.get("Allow", "").split(",")}
        missing = {"OPTIONS", *map(str.upper, item), *(["HEAD"] if "get" in item else [])} - allowed
        if options.status_code != HTTPStatus.OK or missing:
            yield f"OPTIONS {url} answers {options.status} without {', '.join(sorted(missing))}."
