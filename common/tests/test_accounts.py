"""Accounts: who may, who is told what, and when a token ends."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.test import Client, TestResponse

import common
from common import accounts, clock
from common.accounts import AccountSettings, UserMixin
from common.api import Schema, endpoint
from common.database import make_db
from common.testing.servers import Server

db = make_db()
ANA = {"username": "ana", "password": "correct horse"}
CSRF = "toy_csrf"


class User(UserMixin, db.Model):
    left: Mapped[str] = mapped_column(default="")  # the zones that were left

    def before_change(self, changes: dict[str, Any]) -> None:
        if "time_zone" in changes:
            self.left += f" {self.time_zone}"


class Note(Schema):
    text: str


def create_app(folder: Path, **config: Any) -> Flask:
    """Notes of users."""
    app = Flask("toy", root_path=str(folder))
    fixed = {"TESTING": True, "SECRET_KEY": "k" * 16, "INSTANCE_PATH": str(folder)}
    common.init_app(app, {**fixed, **config}, settings=AccountSettings, db=db)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    accounts.init_app(app, db, User)

    @app.post("/notes")
    @accounts.login_required
    @endpoint
    def note(body: Note) -> Note:
        """Write."""
        return Note(text=f"{accounts.current_user.username}: {body.text}")

    return app


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Make the application, on one folder for all of a test."""
    apps: list[Flask] = []

    def make_app(**config: Any) -> Flask:
        apps.append(create_app(tmp_path, **config))
        return apps[-1]

    yield make_app
    clock.reset()
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make: Callable[..., Flask]) -> Flask:
    return make()


@pytest.fixture
def backend(app: Flask) -> Any:
    """What ``client`` and ``as_user`` speak to."""
    return SimpleNamespace(wsgi=app)


@pytest.fixture
def ana(client: Client) -> dict[str, str]:
    """Ana's ``Authorization``, and nobody's cookies."""
    client.post("/register", json=ANA)
    return bearer(log_in(client))


def log_in(client: Client, **changed: str) -> str:
    response = client.post("/login", json=ANA | changed)
    client.delete_cookie("toy_token")
    client.delete_cookie(CSRF)
    return str(response.json["access_token"]) if response.status_code == 200 else ""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def is_challenge(response: TestResponse) -> bool:
    return response.status_code == 401 and response.headers["WWW-Authenticate"] == "Bearer"


def test_register_answers_the_user_and_nothing_secret(client: Client) -> None:
    clock.set_to("2026-03-01T12:00:00Z")
    response = client.post("/register", json=ANA | {"time_zone": "Europe/Vienna"})
    assert (response.status_code, response.headers["Location"]) == (201, "/me")
    assert response.json == {
        "username": "ana",
        "time_zone": "Europe/Vienna",
        "created_at": "2026-03-01T12:00:00Z",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "an"},
        {"username": "a" * 31},
        {"username": "ana!"},
        {"username": "ana\n"},
        {"username": "\u0430na"},  # a Cyrillic a
        {"password": "7 chars"},
        {"password": "x" * 129},
        {"password": "line\nbreak"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "America"},
        {"time_zone": "localtime"},
        {"time_zone": ""},
        {"admin": True},
    ],
)
def test_register_refuses(client: Client, wrong: dict[str, Any]) -> None:
    assert client.post("/register", json=ANA | wrong).status_code == 422


@pytest.mark.parametrize("again", ["ana", "ANA"])
def test_a_name_is_given_once_whatever_its_case(client: Client, again: str) -> None:
    client.post("/register", json=ANA)
    response = client.post("/register", json=ANA | {"username": again})
    assert response.status_code == 409
    assert "ana" in response.json["detail"]


def test_a_name_is_not_said_to_be_taken_where_another_rule_breaks(
    app: Flask, client: Client
) -> None:
    client.post("/register", json=ANA)
    with app.app_context():
        db.session.execute(text("CREATE UNIQUE INDEX one_of_each_zone ON user (time_zone)"))
        db.session.commit()

    response = client.post("/register", json=ANA | {"username": "bob"})

    assert response.status_code == 409
    assert "bob" not in response.json["detail"]


def test_of_many_at_once_one_gets_the_name(at_once: Any, backend: Any) -> None:
    def register(_: int) -> int:
        return Client(backend.wsgi).post("/register", json=ANA).status_code

    assert sorted(at_once(10, register)) == [201, *[409] * 9]


def test_login_answers_a_token_that_no_cache_keeps(client: Client) -> None:
    client.post("/register", json=ANA)
    response = client.post("/login", json=ANA | {"username": "Ana"})
    assert response.json.keys() == {"access_token", "token_type", "expires_in"}
    assert (response.json["token_type"], response.json["expires_in"]) == ("Bearer", 7 * 86400)
    assert response.headers["Cache-Control"] == "no-store"


def test_wrong_password_and_unknown_user_are_one_answer(client: Client) -> None:
    client.post("/register", json=ANA)
    wrong = client.post("/login", json=ANA | {"password": "wrong horse"})
    unknown = client.post("/login", json=ANA | {"username": "bob"})
    assert is_challenge(wrong)
    assert is_challenge(unknown)
    assert wrong.json == unknown.json


def test_the_password_of_nobody_lets_nobody_in(client: Client) -> None:
    response = client.post("/login", json={"username": "bob", "password": "nobody"})
    assert response.status_code == 401


def test_an_unknown_user_takes_as_long_as_a_wrong_password(make: Callable[..., Flask]) -> None:
    client = Client(make(TESTING=False, ARGON2_ROUNDS=1, ARGON2_KIB=8192))
    client.post("/register", json=ANA)

    def seconds(**claimed: str) -> float:
        began = time.process_time()
        client.post("/login", json=ANA | {"password": "wrong horse"} | claimed)
        return time.process_time() - began

    pairs = [(seconds(), seconds(username="bob")) for _ in range(9)]
    known, unknown = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert 0.5 < unknown / known < 2


def test_a_route_knows_who_asks(client: Client, ana: dict[str, str]) -> None:
    assert client.post("/notes", json={"text": "hi"}, headers=ana).json == {"text": "ana: hi"}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer x.y.z",
        "Bearer a b",
        "Bearer é",
        "Basic YTpi",
        "Bearer x, Bearer y",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",  # alg: none
    ],
)
def test_without_a_good_token_401_comes_before_the_body(client: Client, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    assert is_challenge(client.post("/notes", json={"wrong": 1}, headers=headers))


@pytest.mark.parametrize("header", [None, "Bearer x.y.z"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": "x", "content_type": "text/plain"},
        {"data": "{", "content_type": "application/json"},
        {"json": {"time_zone": 1}},
        {"json": {"password": "battery staple"}},
        {"json": {}, "query_string": "a=1"},
    ],
)
def test_401_comes_before_what_is_wrong_with_a_change_of_oneself(
    client: Client, method: str, sent: dict[str, Any], header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    assert is_challenge(client.open("/me", method=method, headers=headers, **sent))


def test_a_token_of_another_key_is_none(make: Any, ana: dict[str, str]) -> None:
    other = Client(make(SECRET_KEY="another key of 25 letters"))
    assert is_challenge(other.get("/me", headers=ana))


def test_a_token_ends_when_its_time_is_over(client: Client) -> None:
    clock.set_to("2020-01-01T00:00:00Z")
    client.post("/register", json=ANA)
    token = bearer(log_in(client))
    clock.advance(days=7, seconds=-1)
    assert client.get("/me", headers=token).status_code == 200
    clock.advance(seconds=1)
    assert is_challenge(client.get("/me", headers=token))


def test_the_token_of_a_deleted_user_is_not_the_next_ones(
    app: Flask, client: Client, ana: dict[str, str]
) -> None:
    with app.app_context():
        db.session.delete(db.session.get(User, 1))
        db.session.commit()
    assert is_challenge(client.get("/me", headers=ana))
    client.post("/register", json=ANA | {"username": "eve"})  # gets the id 1 again
    assert is_challenge(client.get("/me", headers=ana))


def test_a_cookie_is_enough_to_read_and_scripts_cannot_read_it(client: Client) -> None:
    client.post("/register", json=ANA)
    cookies = client.post("/login", json=ANA).headers.getlist("Set-Cookie")
    token = next(cookie for cookie in cookies if cookie.startswith("toy_token="))
    assert "HttpOnly" in token
    assert "SameSite=Lax" in token
    assert client.get("/me").json["username"] == "ana"


@pytest.mark.parametrize("csrf", [None, "", "guessed", "é"])
def test_a_cookie_alone_changes_nothing(client: Client, csrf: str | None) -> None:
    client.post("/register", json=ANA)
    client.post("/login", json=ANA)
    headers = {} if csrf is None else {"X-CSRF-TOKEN": csrf}
    response = client.post("/notes", json={"text": "hi"}, headers=headers)
    assert is_challenge(response)
    assert "X-CSRF-TOKEN" in response.json["detail"]


def test_a_cookie_and_its_csrf_token_change(client: Client) -> None:
    client.post("/register", json=ANA)
    client.post("/login", json=ANA)
    headers = {"X-CSRF-TOKEN": client.get_cookie(CSRF).value}
    assert client.post("/notes", json={"text": "hi"}, headers=headers).status_code == 200


def test_under_https_the_cookie_is_secure(make: Callable[..., Flask]) -> None:
    client = Client(make(COOKIE_SECURE=True))
    client.post("/register", json=ANA)
    cookies = client.post("/login", json=ANA).headers.getlist("Set-Cookie")
    assert all("Secure" in cookie for cookie in cookies)


def test_logout_takes_the_cookie_away(client: Client) -> None:
    client.post("/register", json=ANA)
    client.post("/login", json=ANA)
    assert client.post("/logout").status_code == 204
    assert is_challenge(client.get("/me"))


def test_the_time_zone_can_change(client: Client, ana: dict[str, str]) -> None:
    response = client.patch("/me", json={"time_zone": "Asia/Kolkata"}, headers=ana)
    assert (response.status_code, response.json["time_zone"]) == (200, "Asia/Kolkata")
    assert client.get("/me", headers=ana).json == response.json


def test_a_project_learns_of_a_change_before_it(
    app: Flask, client: Client, ana: dict[str, str]
) -> None:
    for change in (
        {"time_zone": "Asia/Kolkata"},
        {"password": "battery staple", "current_password": "wrong horse"},
        {"time_zone": "UTC", "password": "battery staple", "current_password": "wrong horse"},
        {"time_zone": "Europe/Vienna"},
    ):
        client.patch("/me", json=change, headers=ana)

    with app.app_context():
        assert db.session.get(User, 1).left == " UTC Asia/Kolkata"


def test_a_new_password_ends_what_came_before(client: Client, ana: dict[str, str]) -> None:
    change = {"password": "battery staple", "current_password": ANA["password"]}
    assert client.patch("/me", json=change, headers=ana).status_code == 200
    assert is_challenge(client.get("/me", headers=ana))
    assert not log_in(client)
    assert log_in(client, password="battery staple")


SERVED = """
from flask import Flask
import common
from common import accounts
from common.database import make_db

db = make_db()

class User(accounts.UserMixin, db.Model):
    pass

app = Flask("toy")
common.init_app(app, settings=accounts.AccountSettings, db=db)
accounts.init_app(app, db, User)
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The URL of two processes that serve accounts, at the cost that a hash really has."""
    (tmp_path / "wsgi.py").write_text(SERVED)
    folder = tmp_path / "data"
    folder.mkdir()
    server = Server(tmp_path, folder, {}, workers=2, threads=4)
    yield server.url
    server.stop()


def test_of_two_who_know_the_password_one_changes_it(served: str, at_once: Any) -> None:
    requests.post(f"{served}/register", json=ANA, timeout=20)
    password = ANA["password"]
    for number in range(4):
        login = requests.post(f"{served}/login", json=ANA | {"password": password}, timeout=20)
        token = bearer(login.json()["access_token"])
        wishes = [f"the new password {number} of {thief}" for thief in ("ana", "a thief")]
        changes = [{"password": wish, "current_password": password} for wish in wishes]

        responses = at_once(
            2,
            lambda i, changes=changes, token=token: requests.patch(
                f"{served}/me", json=changes[i], headers=token, timeout=20
            ),
        )

        statuses = [response.status_code for response in responses]
        assert sorted(statuses) in ([200, 403], [200, 401]), "one is too late, by much or by little"
        password = wishes[statuses.index(200)]


def test_a_password_is_the_same_however_its_accents_are_typed(client: Client) -> None:
    client.post("/register", json=ANA | {"password": "caf\u00e9 cr\u00e8me"})

    assert log_in(client, password="cafe\u0301 cre\u0300me")


def test_demo_user_is_made_once_and_can_log_in(app: Flask, client: Client) -> None:
    with app.app_context():
        ana = accounts.demo_user("ana", "Europe/Vienna")
        again = accounts.demo_user("ana")
        db.session.commit()
        assert ana.id == again.id

    login = client.post("/login", json=ANA)

    assert login.status_code == 200
    assert client.get("/me").json["time_zone"] == "Europe/Vienna"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"password": "battery staple"}, 422),
        ({"password": "battery staple", "current_password": "wrong horse"}, 403),
        ({"password": "short", "current_password": ANA["password"]}, 422),
        ({"password": "battery staple", "current_password": "nul\0"}, 422),
        ({"time_zone": None}, 422),
        ({"username": "eve"}, 422),
    ],
)
def test_a_change_is_refused(
    client: Client, ana: dict[str, str], change: dict[str, Any], status: int
) -> None:
    assert client.patch("/me", json=change, headers=ana).status_code == status
    assert log_in(client), "the password must be what it was"


def test_a_hash_of_lower_cost_is_made_anew_at_the_next_login(make: Any, client: Client) -> None:
    client.post("/register", json=ANA)  # at the cost of tests
    dear = make(TESTING=False, ARGON2_ROUNDS=1, ARGON2_KIB=64)
    there = Client(dear)
    token = bearer(log_in(there))
    assert there.get("/me", headers=token).status_code == 200
    with dear.app_context():
        assert "m=64,t=1,p=1" in db.session.get(User, 1).password_hash


def test_the_document_says_who_may(client: Client) -> None:
    document = client.get("/openapi.json").json
    note = document["paths"]["/notes"]["post"]
    assert note["security"] == [{"account": []}]
    assert {"401", "422"} <= note["responses"].keys()
    assert document["components"]["securitySchemes"]["account"]["scheme"] == "bearer"
    assert document["paths"]["/login"]["post"]["security"] == []


def test_as_user_is_somebody_with_a_token(as_user: Any) -> None:
    assert as_user("ana", time_zone="Asia/Tokyo").get("/me").json["time_zone"] == "Asia/Tokyo"
    assert as_user("bob").get("/me").json["username"] == "bob"
    assert as_user("ana").get("/me").json["time_zone"] == "Asia/Tokyo", "the same ana as before"


def test_as_user_outlives_its_token(as_user: Any) -> None:
    clock.set_to("2026-01-01T00:00:00Z")
    ana = as_user("ana")
    clock.advance(days=30)
    assert ana.post("/notes", json={"text": "hi"}).status_code == 200
