"""Guards: who calls is asked before what was sent, and the document says so."""

import re
from types import SimpleNamespace

import pytest
from flask import Flask, g
from werkzeug.test import Client

import common
from common import guards, tokens
from common.api import Schema, endpoint
from common.errors import Problem

ADMIN = "only-the-operator"
OWNED = {}


class NoteIn(Schema):
    text: str


owner_required = guards.owner("owner", OWNED.get)


def create_app(**config):
    """Notes of owners."""
    app = Flask("toy")
    settings = {"TESTING": True, "SECRET_KEY": "k" * 16, **config}
    common.init_app(app, settings, settings=guards.OperatorSettings)
    guards.describe(app, "owner", {"description": "The token of the answer to POST /notes."})
    guards.describe(app, "operator", {})

    @app.patch("/notes/<int:number>")
    @owner_required
    @endpoint(errors=(403,))
    def change(number: int, body: NoteIn) -> NoteIn:
        """Change."""
        if g.owned.number != number:
            raise Problem(403, "This is another's note.")
        return body

    @app.post("/sweep")
    @guards.operator_required
    @endpoint
    def sweep(body: NoteIn) -> None:
        """Sweep."""

    @app.get("/free")
    @endpoint
    def free() -> None:
        """Be free."""

    return app


@pytest.fixture
def client():
    return Client(create_app(ADMIN_TOKEN=ADMIN))


@pytest.fixture
def token():
    """A token of note 1."""
    made = tokens.new()
    OWNED[tokens.hash_of(made)] = SimpleNamespace(number=1)
    return made


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


UNREADABLE = [
    {},
    {"json": {"text": 1}},
    {"data": "{", "content_type": "application/json"},
    {"data": "x", "content_type": "text/plain"},
    {"json": {"text": "x"}, "query_string": "unknown=1"},
]
STRANGERS = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Bearer \u00e9"},
    {"Authorization": f"Basic {ADMIN}"},
    {"Authorization": ADMIN},
]


@pytest.mark.parametrize("sent", UNREADABLE, ids=range(5))
@pytest.mark.parametrize("headers", STRANGERS, ids=range(7))
def test_who_asks_comes_before_what_is_asked(client, headers, sent):
    for method, path in (("PATCH", "/notes/1"), ("POST", "/sweep")):
        response = client.open(path, method=method, headers=headers, **sent)

        assert response.status_code == 401, path
        assert response.headers["WWW-Authenticate"].startswith("Bearer"), path
        assert response.mimetype == "application/problem+json", path


def test_owner_gets_what_was_asked_for(client, token):
    assert client.patch("/notes/1", json={"text": "x"}, headers=bearer(token)).json == {"text": "x"}
    assert client.patch("/notes/1", json={}, headers=bearer(token)).status_code == 422
    assert client.patch("/notes/2", json={"text": "x"}, headers=bearer(token)).status_code == 403


def test_wrong_token_is_said_to_be_wrong(client):
    response = client.patch("/notes/1", headers=bearer("x" * 32))

    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_operator_may(client):
    response = client.post("/sweep", json={"text": "x"}, headers=bearer(ADMIN))

    assert response.status_code == 204


@pytest.mark.parametrize("headers", [{}, bearer(""), bearer("None"), bearer(ADMIN)], ids=range(4))
def test_without_an_operators_token_nobody_is_let_in_and_is_told_why(headers):
    response = Client(create_app()).post("/sweep", headers=headers)

    assert response.status_code == 403
    assert "ADMIN_TOKEN" in response.json["detail"]


@pytest.mark.parametrize("token", ["short", "with a space in it", "\u00e9" * 16])
def test_operators_token_is_long_and_fits_into_a_header(token):
    with pytest.raises(common.SettingsError, match="ADMIN_TOKEN") as refusal:
        create_app(ADMIN_TOKEN=token)
    assert token not in str(refusal.value)


def test_document_says_who_may(client):
    document = client.get("/openapi.json").json
    change = document["paths"]["/notes/{number}"]["patch"]
    sweep = document["paths"]["/sweep"]["post"]

    assert change["security"] == [{"owner": []}]
    assert {"401", "403", "422"} <= change["responses"].keys()
    assert sweep["security"] == [{"operator": []}]
    assert {"401", "403"} <= sweep["responses"].keys()
    assert "401" not in document["paths"]["/free"]["get"]["responses"]
    assert document["components"]["securitySchemes"] == {
        "operator": {"type": "http", "scheme": "bearer"},
        "owner": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of the answer to POST /notes.",
        },
    }


def test_tokens_differ_and_fit_into_a_path():
    made = {tokens.new() for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch("[A-Za-z0-9_-]{32}", token) for token in made)
    assert len({tokens.hash_of(token) for token in made}) == 1000


def test_hash_of_a_token_is_sha_256():
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    assert tokens.hash_of("abc") == abc
