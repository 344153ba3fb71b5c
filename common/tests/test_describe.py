"""What an application says of itself in its OpenAPI document, and that it answers so."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from flask import Flask, Response, request
from openapi_spec_validator import validate
from pydantic import Field
from werkzeug.test import Client

import common
from common.api import Created, Day, Moment, Page, Produces, Schema, endpoint
from common.describe import pages

JSON = "application/json"
PROBLEM = "application/problem+json"


class Tea(Schema):
    name: str


class Coffee(Schema):
    roast: int


class Which(Schema):
    tea: bool


class Keys(Schema):
    idempotency_key: str = Field(alias="Idempotency-Key", max_length=20, description="Once.")
    attempt: int | None = Field(None, alias="X-Attempt", ge=1)


class Kettle(Schema):
    """With bounds of all kinds."""

    since: Annotated[Day, Field(ge=date(2020, 1, 1), le=date(2069, 12, 31))]
    before: Moment | None = Field(
        None, lt=datetime(2069, 1, 1, tzinfo=UTC), description="The last."
    )
    after: Moment | None = Field(None, gt=datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    ge: str = "a field may have this name"


@pytest.fixture
def app():
    """An application with no route of its own."""
    app = Flask("small")
    common.init_app(app, {"TESTING": True, "SECRET_KEY": "k" * 16})
    return app


@pytest.fixture
def http(app):
    return Client(app)


def described(http):
    """Return the document, which is valid."""
    document = http.get("/openapi.json").json
    validate(document)
    return document


# --- headers


@pytest.fixture
def pay(app):
    """A route that asks for headers."""

    @app.post("/pay")
    @endpoint
    def pay(headers: Keys) -> dict[str, Any]:
        """Pay."""
        return headers.model_dump()


@pytest.mark.usefixtures("pay")
def test_headers_are_checked_and_given_to_the_view(http):
    headers = {"idempotency-key": "a", "X-Attempt": "2", "X-Other": "b"}

    response = http.post("/pay", headers=headers)

    assert response.json == {"idempotency_key": "a", "attempt": 2}


@pytest.mark.usefixtures("pay")
def test_missing_header_is_400_and_named(http):
    response = http.post("/pay")

    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    assert "Idempotency-Key" in response.json["detail"]


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"Idempotency-Key": "a" * 21}, "Idempotency-Key"),
        ({"Idempotency-Key": "a", "X-Attempt": "0"}, "X-Attempt"),
        ({"Idempotency-Key": "a", "X-Attempt": "1_0"}, "X-Attempt"),
        ({"Idempotency-Key": "a", "X-Attempt": "one"}, "X-Attempt"),
    ],
)
@pytest.mark.usefixtures("pay")
def test_malformed_header_is_422_with_its_place(http, headers, named):
    response = http.post("/pay", headers=headers)

    assert response.status_code == 422
    assert [error["loc"] for error in response.json["errors"]] == [["header", named]]


@pytest.mark.usefixtures("pay")
def test_headers_are_parameters_of_the_document(http):
    operation = described(http)["paths"]["/pay"]["post"]

    key, attempt = operation["parameters"]
    assert (key["name"], key["in"], key["required"]) == ("Idempotency-Key", "header", True)
    assert key["description"] == "Once."
    assert (attempt["name"], attempt["required"]) == ("X-Attempt", False)
    assert attempt["schema"] == {"type": "integer", "minimum": 1}
    assert {"400", "422"} <= operation["responses"].keys()


# --- bounds of dates


@pytest.fixture
def kettle(app):
    """Routes that take bounded dates, in a query and in a body."""

    @app.get("/kettle")
    @endpoint
    def find(query: Kettle) -> None:
        """Find it."""

    @app.post("/kettle")
    @endpoint
    def put(body: Kettle) -> None:
        """Put it on."""


@pytest.mark.usefixtures("kettle")
def test_bounds_of_dates_are_said_in_words_that_json_schema_lacks(http):
    document = described(http)
    body = document["components"]["schemas"]["Kettle"]["properties"]
    query = {it["name"]: it for it in document["paths"]["/kettle"]["get"]["parameters"]}

    assert body["since"].keys() == {"type", "format", "title", "description"}
    assert body["since"]["description"] == "Not before 2020-01-01, not after 2069-12-31."
    assert body["before"]["anyOf"][0]["description"] == "Before 2069-01-01T00:00:00Z."
    assert query["before"]["description"] == "The last."
    assert query["before"]["schema"] == {
        "type": "string",
        "format": "date-time",
        "description": "Before 2069-01-01T00:00:00Z.",
    }
    assert body["ge"]["type"] == "string"


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("since=2019-12-31", "2020-01-01"),
        ("since=2070-01-01", "2069-12-31"),
        ("since=2020-01-01&before=2069-01-01T00:00:00Z", "2069-01-01T00:00:00Z"),
        ("since=2020-01-01&after=2019-12-31T00:00:00Z", "its limit"),
    ],
)
@pytest.mark.usefixtures("kettle")
def test_error_names_the_limit_as_it_would_be_sent(http, query, limit):
    response = http.get(f"/kettle?{query}")

    assert response.status_code == 422
    assert response.json["errors"][0]["msg"].endswith(f" {limit}")
    assert "datetime" not in response.text


# --- media types, security, conditions


def test_two_media_types_of_one_status_are_both_in_the_document(app, http):
    page, markdown = Produces("The page", "text/html"), Produces("The text", "text/markdown")

    @app.get("/tea")
    @endpoint(responses={200: [page, markdown]})
    def show() -> Tea | Response:
        """Show the tea."""
        return Tea(name="green")

    answer = described(http)["paths"]["/tea"]["get"]["responses"]["200"]

    assert answer["content"].keys() == {JSON, "text/html", "text/markdown"}
    assert answer["content"][JSON]["schema"] == {"$ref": "#/components/schemas/Tea"}
    assert answer["description"] == "The page; The text"


def test_described_response_keeps_the_headers_of_the_model(app, http):
    @app.post("/teas")
    @endpoint(responses={201: Produces("The page of it", "text/html")})
    def make() -> Created[Tea] | Response:
        """Make tea."""
        return Created(Tea(name="green"), "/teas/1")

    @app.get("/teas")
    @endpoint(responses={200: Produces("A table", "text/csv")})
    def index() -> Page[Tea] | Response:
        """List the teas."""
        return Response("name\n", mimetype="text/csv")

    item = described(http)["paths"]["/teas"]

    assert item["post"]["responses"]["201"]["headers"].keys() == {"Location"}
    assert item["get"]["responses"]["200"]["headers"].keys() == {"X-Total-Count", "Link"}


def test_document_says_where_a_login_is_asked_for_and_where_not(app, http):
    scheme = {"type": "http", "scheme": "bearer"}
    app.extensions["common_security"] = {"securitySchemes": {"account": scheme}}

    @app.get("/mine")
    @endpoint(security="account")
    def mine() -> None:
        """Show what is mine."""

    @app.get("/ours")
    @endpoint
    def ours() -> None:
        """Show what is everybody's."""

    paths = described(http)["paths"]

    assert paths["/mine"]["get"]["security"] == [{"account": []}]
    assert paths["/ours"]["get"]["security"] == []


@pytest.fixture
def picture(app):
    """A route whose answer may be kept for ever."""

    @app.get("/picture")
    @endpoint(responses={200: Produces("A picture", "image/png"), 304: "Unchanged"})
    def show() -> Response:
        """Show a picture."""
        response = Response(b"pixels", mimetype="image/png")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.set_etag("a")
        response.make_conditional(request)
        return response


@pytest.mark.parametrize("path", ["/picture", "/common/common.css"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.usefixtures("picture")
def test_condition_that_does_not_hold_is_a_problem_that_no_cache_keeps(http, method, path):
    response = http.open(path, method=method, headers={"If-Match": '"zzz"'})

    assert (response.status_code, response.mimetype) == (412, PROBLEM)
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    assert {"X-Request-ID", *pages.SECURITY_HEADERS} <= set(response.headers.keys())
    assert b"pixels" not in response.data


@pytest.mark.usefixtures("picture")
def test_conditions_that_hold_are_as_ever(http):
    assert http.get("/picture", headers={"If-Match": '"a"'}).data == b"pixels"
    assert http.get("/picture", headers={"If-None-Match": '"a"'}).status_code == 304


@pytest.mark.usefixtures("picture")
def test_document_says_that_a_condition_may_not_hold(http):
    responses = described(http)["paths"]["/picture"]["get"]["responses"]

    assert responses["412"] == {"$ref": "#/components/responses/412"}


# --- what a view returns


def test_view_may_return_one_of_two_models(app, http):
    @app.get("/drink")
    @endpoint
    def show(query: Which) -> Tea | Coffee:
        """Have what there is."""
        return Tea(name="green") if query.tea else Coffee(roast=3)

    responses = described(http)["paths"]["/drink"]["get"]["responses"]
    options = responses["200"]["content"][JSON]["schema"]["anyOf"]

    assert [option["$ref"].rsplit("/", 1)[1] for option in options] == ["Tea", "Coffee"]
    assert http.get("/drink?tea=true").json == {"name": "green"}
    assert http.get("/drink?tea=false").json == {"roast": 3}


def test_value_that_the_annotation_does_not_name_is_a_mistake_of_the_program(app, http):
    @app.get("/tea")
    @endpoint
    def show() -> None:
        """Show nothing."""
        return Tea(name="green")

    with pytest.raises(TypeError, match="show returns what its annotation does not say"):
        http.get("/tea")
