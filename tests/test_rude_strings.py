"""The same rude strings to every text field give the same answers, in every project.

Each field of each JSON body is sent alone, and what counts is whether the ``errors`` of the answer
lead to it. Free text is ``Line`` or ``Text`` of ``common.fields``, which the document marks with
``format: text``; what has a format, a pattern or a list of values of its own is no free text.
"""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from werkzeug.test import TestResponse

from common.testing.backend import InProcess
from tests.conftest import Toy
from tests.contract import JSON, Document, filled, resolved
from tests.house import Room, growth, rooms
from tests.login import UserClient
from tests.test_growth import fill, headers

Schema = dict[str, Any]
Place = tuple[str | int, ...]  # of a field in a body: ("tags", 0)
Leaf = tuple[Place, Schema]

RUDE = {
    "NUL": "a\0b",
    "a control character": "a\x07b",
    "a character that turns the direction": "a\u202eb",
    "half of a surrogate pair": "a\ud800b",
}
SPACES, INVISIBLE, TWO_LINES = "   ", "\u200b", "a\nb"
HUGE = 10**400
DEEP: Any = 1
for _ in range(40):
    DEEP = [DEEP]
DEEPEST = 6  # levels of a body that are walked
KINDS = {"format", "pattern", "enum", "const"}  # one of them says what a string is
ROWS = 10


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_text_fields_agree_on_rude_strings(room: Room) -> None:
    with room.running() as backend:
        found = [*disagreements(room, backend)]

    assert not found, "\n".join(found)


def disagreements(room: Room, backend: InProcess) -> Iterator[str]:
    """Yield each field that answers rude values in a way of its own."""
    if growth.FILE in room.files:
        fill(room, backend, ROWS)
    client = UserClient(backend)
    client.headers |= headers(room)
    for (method, path), operation in room.operations.items():
        url = filled(path, operation)
        content = operation.get("requestBody", {}).get("content", {})
        if JSON not in content:
            continue
        for place, schema in dict(leaves(room.document, content[JSON]["schema"])).items():
            field = Field(client, method, url, place, schema)
            name = ".".join(map(str, place))
            yield from (f"{method} {path}: {name} {finding}." for finding in field.findings())


def leaves(document: Document, schema: Schema, place: Place = ()) -> Iterator[Leaf]:
    """Yield the places of a body that hold text, a number or a bool, each with its schema."""
    if len(place) > DEEPEST:
        return
    for option in resolved(document, [schema]):
        for name, inner in option.get("properties", {}).items():
            yield from leaves(document, inner, (*place, name))
        if "items" in option:
            yield from leaves(document, option["items"], (*place, 0))
        if option.get("type") in {"string", "integer", "number", "boolean"}:
            yield place, option


class Field:
    """A field of a body, to be asked by sending it alone."""

    def __init__(
        self, client: UserClient, method: str, url: str, place: Place, schema: Schema
    ) -> None:
        self.client = client
        self.method = method
        self.url = url
        self.place = place
        self.schema = schema

    def findings(self) -> Iterator[str]:
        """Yield what is wrong with the answers."""
        for what, value in {"10^400": HUGE, "40 levels of lists": DEEP}.items():
            if not self.refuses(value):
                yield f"takes {what}"
        if self.schema["type"] != "string" or self.schema.get("format") == "password":
            return
        if not KINDS & self.schema.keys():
            yield "is free text; make it Line or Text of common.api"
        for what, text in RUDE.items():
            if not self.refuses(text):
                yield f"takes {what}"
        if self.refuses(SPACES) != self.refuses(INVISIBLE):
            yield "takes one of three spaces and an invisible character, and refuses the other"
        if self.schema.get("format") == "text":
            yield from self.findings_of_text()

    def findings_of_text(self) -> Iterator[str]:
        """Yield what only free text can have wrong: a line is one line, and not blank."""
        is_line = re.search(self.schema["pattern"], TWO_LINES) is None
        if self.refuses(TWO_LINES) != is_line:
            yield "refuses two lines" if not is_line else "takes two lines"
        if is_line and not self.refuses(SPACES):
            yield "takes a blank line"

    def refuses(self, value: object) -> bool:
        """Tell whether the field is not taken with this value."""
        body = value
        for part in reversed(self.place):
            body = [body] if isinstance(part, int) else {part: body}
        response = self.client.open(
            self.url, method=self.method, data=json.dumps(body), content_type=JSON
        )
        if is_refused(response, self.place):
            return True
        # What has a format of its own may be checked together with fields that are missing here.
        has_own_format = self.schema.get("format", "text") != "text"
        return has_own_format and response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def is_refused(response: TestResponse, place: Place) -> bool:
    """Tell whether an answer says that the value in this place is wrong."""
    assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, response.text
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        return any(leads_to(error["loc"], place) for error in response.json["errors"])
    return response.status_code == HTTPStatus.BAD_REQUEST  # it is no JSON at all


def leads_to(loc: list[str | int], place: Place) -> bool:
    """Tell whether a ``loc`` has the parts of a place in their order; others name an option."""
    parts = iter(loc)
    return all(part in parts for part in place)


# --- the check notices what is wrong

WORDS = "Words = Annotated[Text, Field(max_length=500)]"
FREE = "Words = Annotated[str, Field(max_length=500)]"
PATTERN = r'Words = Annotated[str, Field(max_length=500, pattern=r"\S")]'
LINE = "Words = Annotated[Line, Field(max_length=500)]"


@pytest.mark.parametrize(
    ("words", "findings"),
    [
        (WORDS, set()),
        (LINE, set()),
        (FREE, {"is free text", "takes NUL", "takes a control", "takes a character"}),
        (PATTERN, {"takes NUL", "takes a control", "takes a character", "takes one of three"}),
    ],
    ids=["Text", "Line", "free", "pattern"],
)
def test_field_that_disagrees_is_found(toy: Toy, words: str, findings: set[str]) -> None:
    toy.change("notes/schemas.py", WORDS, words)

    with toy.running() as backend:
        found = [*disagreements(toy, backend)]

    said = {text.partition(": text ")[2] for text in found}
    missed = {start for start in findings if not any(text.startswith(start) for text in said)}
    assert not missed, found
    assert bool(found) is bool(findings), found


def test_number_without_an_end_is_found(toy: Toy) -> None:
    toy.change("notes/schemas.py", "int = Field(0, ge=0, le=9)", "Any = None")
    toy.change("notes/schemas.py", "import Annotated", "import Annotated, Any")
    toy.change("notes/schemas.py", "tags: list[Tag]", "share: float = 0\n    tags: list[Tag]")
    toy.change("notes/schemas.py", "partial=True):", "partial=True, allow_inf_nan=True):")

    with toy.running() as backend:
        found = [*disagreements(toy, backend)]

    assert found == ["PATCH /notes/{note_id}: share takes 10^400."]


def test_places_of_a_body_are_found(toy: Toy) -> None:
    schema = toy.document["components"]["schemas"]["NoteIn"]

    places = [place for place, _ in leaves(toy.document, schema)]

    assert places == [("text",), ("color",), ("priority",), ("tags", 0)]


@pytest.mark.parametrize(
    ("loc", "place", "leads"),
    [
        (["body", "text"], ("text",), True),
        (["body", "tags", 0], ("tags", 0), True),
        (["body", "when", "Moment", "day"], ("when", "day"), True),
        (["body", "tags"], ("tags", 0), False),
        (["body", "other"], ("text",), False),
        (["body"], ("text",), False),
    ],
)
def test_place_of_an_error_is_compared(loc: list[str | int], place: Place, leads: bool) -> None:
    assert leads_to(loc, place) is leads
