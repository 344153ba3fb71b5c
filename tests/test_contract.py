"""Every application keeps what its OpenAPI document and the conventions promise.

``nox -s contract`` tries more, and other data each time.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from common.testing.backend import InProcess
from tests import contract
from tests.conftest import THOROUGH, Toy
from tests.house import Room, rooms

EXAMPLES, MANY_EXAMPLES = 5, 100
every_room = pytest.mark.parametrize("room", rooms(), ids=str)
Running = Callable[[Room], InProcess]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Start an application with its demo data, once for all tests that change nothing."""
    started: dict[Room, InProcess] = {}
    with ExitStack() as stack:

        def start(room: Room) -> InProcess:
            if room not in started:
                started[room] = stack.enter_context(with_demo_data(room))
            return started[room]

        yield start


@contextmanager
def with_demo_data(room: Room) -> Iterator[InProcess]:
    """Run an application that has its demo data, and no job left to do."""
    with room.running() as backend:
        seeded = backend.run("seed")
        assert seeded.exit_code == 0, seeded.output
        if "common_jobs" in backend.app.extensions:
            backend.work()
        yield backend


@every_room
def test_document_is_valid_openapi(room: Room) -> None:
    problems = [*OpenAPIV31SpecValidator(room.document).iter_errors()]
    assert problems == []


@every_room
def test_document_is_without_a_flaw(room: Room) -> None:
    found = [*contract.flaws(room.document)]
    assert not found, "\n".join(found)


@every_room
def test_application_keeps_its_contract(room: Room, request: pytest.FixtureRequest) -> None:
    thorough = request.config.getoption("--hypothesis-profile") == THOROUGH
    examples, seed = (MANY_EXAMPLES, None) if thorough else (EXAMPLES, contract.SEED)
    with with_demo_data(room) as backend:
        found = [*contract.broken_promises(backend, room.document, examples, seed)]
        assert not found, "\n\n".join([*found, *backend.errors])


@every_room
def test_nothing_is_answered_without_the_login_it_needs(room: Room, running: Running) -> None:
    assert [*contract.unguarded(running(room), room.document)] == []


@every_room
def test_rude_requests_are_refused(room: Room, running: Running) -> None:
    backend = running(room)
    found = [*contract.rudeness_that_hurts(backend, room.document)]
    assert not found, "\n\n".join([*found, *backend.errors])


@every_room
def test_head_and_options_work(room: Room, running: Running) -> None:
    assert [*contract.lame_methods(running(room), room.document)] == []


@every_room
def test_browser_gets_errors_as_a_page(room: Room, running: Running) -> None:
    client = running(room).app.test_client()
    answer = client.get("/there/is/nothing/here", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert [*contract.missing_headers(answer)] == []


# --- every check notices what is wrong


@pytest.mark.parametrize(
    ("place", "value", "finding"),
    [
        ("paths./notes.get.summary", "", "GET /notes has no summary."),
        ("paths./notes.get.tags", ["more"], "GET /notes has the tag more, which is not described."),
        ("paths./notes.get.security", None, "GET /notes says neither whom it lets in nor"),
        ("paths./notes.get.security", [{"key": []}], "GET /notes asks for key, which is no scheme"),
        ("components.schemas.Old", {"type": "string"}, "components/schemas/Old is not used."),
        ("components.schemas.NoteIn.ge", "2020-01-01", "ge is no word of JSON Schema"),
        (
            "components.schemas.NoteIn.properties.text.examples",
            [1],
            "1 does not fit its own schema",
        ),
    ],
)
def test_flaw_of_a_document_is_found(toy: Toy, place: str, value: object, finding: str) -> None:
    document = deepcopy(toy.document)
    *path, last = place.split(".")
    part = document
    for name in path:
        part = part[name]
    if value is None:
        del part[last]
    else:
        part[last] = value

    found = [*contract.flaws(document)]

    assert any(sentence.startswith(finding) for sentence in found), found


def test_broken_contract_is_found(toy: Toy) -> None:
    toy.change("notes/routes.py", "raise NotFound(", "raise Conflict(")
    toy.change("notes/routes.py", "import NotFound", "import Conflict")
    with toy.running() as backend:
        found = [*contract.broken_promises(backend, toy.document, 1)]
    assert any("Received: 409\nDocumented: 200, 404, 422" in finding for finding in found), found


def test_operation_that_needs_a_login_and_does_not_ask_is_found(toy: Toy) -> None:
    toy.change(
        "notes/routes.py",
        "@endpoint\ndef list_notes",
        "@endpoint(security='account')\ndef list_notes",
    )
    with toy.running() as backend:
        found = [*contract.unguarded(backend, toy.document)]
    assert "GET /notes with no token: 200 OK." in found


UNPROTECTED = "app.wsgi_app = flask.Flask.wsgi_app.__get__(app)"  # without what common adds
PROBLEM_404 = "app.register_error_handler(404, lambda error: ({}, 404, {{'Content-Type': '{}'}}))"
PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("app.before_request(lambda: 1 // (not flask.request.args))", "is answered with 500"),
        (PROBLEM_404.format({"title": "x"}, "text/x"), "answered with text/x, not application/"),
        (PROBLEM_404.format({"title": "x"}, PROBLEM), "is answered with a problem without detail"),
        (PROBLEM_404.format({"status": 405}, PROBLEM), "has status 405 in the problem, but is 404"),
        (
            PROBLEM_404.format({"detail": "/home/x"}, PROBLEM),
            "tells '/home/', which nobody out",
        ),
        ("app.register_error_handler(405, lambda error: ('', 405))", "without the header Allow"),
        ("app.after_request_funcs.clear()", "is answered without the header X-Request-ID"),
        (UNPROTECTED, "is answered without the header Content-Security-Policy"),
    ],
)
def test_bad_answer_to_a_rude_request_is_found(toy: Toy, change: str, finding: str) -> None:
    tamper(toy, change)
    with toy.running() as backend:
        found = [*contract.rudeness_that_hurts(backend, toy.document)]
    assert any(finding in sentence for sentence in found), found


def test_field_that_is_dropped_is_found(toy: Toy) -> None:
    toy.change(
        "notes/schemas.py",
        "    text: Words",
        "    model_config = {'extra': 'ignore'}\n    text: Words",
    )
    with toy.running() as backend:
        found = [*contract.rudeness_that_hurts(backend, toy.document)]
    assert any(
        "(an unknown field) is answered with 422, but nobody_k" in sentence for sentence in found
    )


@pytest.mark.parametrize(
    ("method", "finding"),
    [
        ("HEAD", "HEAD /notes answers 404 NOT FOUND, GET 200 OK."),
        ("OPTIONS", "OPTIONS /notes answers 404 NOT FOUND without GET, HEAD, OPTIONS, POST."),
    ],
)
def test_missing_method_is_found(toy: Toy, method: str, finding: str) -> None:
    refusal = f"flask.abort(404) if flask.request.method == {method!r} else None"
    tamper(toy, f"app.before_request(lambda: {refusal})")
    with toy.running() as backend:
        assert finding in [*contract.lame_methods(backend, toy.document)]


ODD = "Words = Annotated[str, p.AfterValidator(lambda text: text if len(text) % 2 else int('')), "
SAYS_SO = 'p.Field(json_schema_extra={"format": "odd-number-of-characters"}), '


@pytest.mark.parametrize(("says", "is_found"), [("", True), (SAYS_SO, False)], ids=["not", "said"])
def test_refusal_that_the_schema_does_not_say_is_found(toy: Toy, says: str, is_found: bool) -> None:
    odd = f"import pydantic as p\n\n{ODD}{says}"
    toy.change("notes/schemas.py", "Words = Annotated[Text, ", odd)
    with toy.running() as backend:
        found = [*contract.broken_promises(backend, toy.document, 1)]
    assert any("POST /notes: Schema-valid request rejected" in text for text in found) == is_found


ITEMS = {"items": {"$ref": "#/components/schemas/Item"}}
ITEM = {"properties": {"name": {"anyOf": [{"format": "name"}, {"type": "null"}]}}}
PLACES = {
    "parameters": [{"in": "query", "name": "since", "schema": {"format": "date"}}],
    "requestBody": {"content": {"application/json": {"schema": {"properties": {"all": ITEMS}}}}},
}


@pytest.mark.parametrize(
    ("loc", "is_found"),
    [
        (["query", "since"], True),
        (["query", "until"], False),
        (["query"], False),
        (["body", "all", 7, "name"], True),
        (["body", "all", 7, "name", "str"], True),
        (["body", "all", 7], False),
        (["body"], False),
    ],
    ids=str,
)
def test_place_of_an_error_is_found_in_the_document(loc: list[str | int], is_found: bool) -> None:
    document = {"components": {"schemas": {"Item": ITEM}}}
    assert any("format" in schema for schema in contract.at(document, PLACES, loc)) == is_found


def tamper(toy: Toy, change: str) -> None:
    """Add a line to ``create_app`` of the toy."""
    lines = f"    import flask\n\n    {change}\n    return app"
    toy.change("notes/__init__.py", "    return app", lines)
