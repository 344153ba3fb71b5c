"""What the landing page offers to try: values that fit, command lines that are whole."""

import shlex

import pytest
from flask import Flask
from pydantic import Field

import common
from common import clock
from common.api import Day, File, Moment, Schema, endpoint
from common.describe import openapi
from common.describe.examples import entries, example

ROOT = "http://localhost:5000/"


class Plan(Schema):
    title: str = Field(max_length=3)
    starts_at: Moment
    day: Day
    seats: int = Field(ge=5)
    tags: list[str] = Field(min_length=2)
    note: str | None = None


class Keys(Schema):
    key: str = Field(alias="Idempotency-Key", examples=["it's"])
    trace: str | None = Field(None, alias="X-Trace")


class Range(Schema):
    first: Day = Field(alias="from", examples=["2026-03-01"])
    tag: str | None = None


class Card(Schema):
    title: str = Field(examples=["A & B"])


class Picture(Schema):
    image: File = Field(json_schema_extra={"contentMediaType": "image/jpeg"})


@pytest.fixture
def app():
    """An application with one route of each kind."""
    app = Flask("small")
    common.init_app(app, {"TESTING": True, "SECRET_KEY": "k" * 16})
    scheme = {"type": "http", "scheme": "bearer"}
    app.extensions["common_security"] = {"securitySchemes": {"account": scheme}}

    @app.post("/plans")
    @endpoint(security="account")
    def plan(headers: Keys, body: Plan) -> None:
        """Plan."""

    @app.post("/plans/<int:plan_id>/copies")
    @endpoint
    def copy(plan_id: int) -> None:
        """Copy a plan."""

    @app.get("/plans/<name>")
    @endpoint
    def show(name: str, query: Range) -> None:
        """Show a plan."""

    @app.put("/cards")
    @endpoint
    def card(form: Card) -> None:
        """Send a card."""

    @app.post("/pictures")
    @endpoint
    def picture(form: Card, files: Picture) -> None:
        """Send a picture."""

    return app


@pytest.fixture
def commands(app):
    """The command lines in the page's order, as a shell reads them."""
    found = entries(openapi.document(app))
    return [shlex.split(entry.command(ROOT).replace("\\\n", "")) for entry in found]


@pytest.fixture
def _noon():
    """The clock stands at noon of 1 March 2026."""
    clock.set_to("2026-03-01T12:00:00Z")
    yield
    clock.reset()


@pytest.mark.usefixtures("_noon")
def test_example_fits_and_lies_ahead(app):
    schema = {"$ref": "#/components/schemas/Plan"}

    value = example(openapi.document(app), schema)

    assert value == {
        "title": "tit",
        "starts_at": "2026-03-08T18:00:00Z",
        "day": "2026-03-01",
        "seats": 5,
        "tags": ["tags", "tags"],
    }


def test_line_has_the_token_the_headers_and_the_body(commands):
    assert commands[0][:6] == [
        "curl",
        "http://localhost:5000/plans",
        "-H",
        "Authorization: Bearer $TOKEN",
        "-H",
        "Idempotency-Key: it's",
    ]
    assert commands[0][6] == "--json"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "curl -X POST http://localhost:5000/plans/1/copies"),
        (2, "curl http://localhost:5000/plans/name?from=2026-03-01"),
        (3, "curl -X PUT http://localhost:5000/cards -F 'title=A & B'"),
        (4, "curl http://localhost:5000/pictures -F 'title=A & B' -F image=@image.jpg"),
    ],
    ids=["no body", "query", "fields", "file"],
)
def test_line_of_each_kind_is_whole(commands, number, words):
    assert commands[number] == shlex.split(words)
