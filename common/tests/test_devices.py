"""Visitors without accounts: whom the cookie names, and who gets one."""

import string

import pytest
from flask import Flask
from werkzeug.test import Client

import common
from common import devices
from common.api import Schema, endpoint


class VisitorOut(Schema):
    visitor: str | None


def create_app(name="toy", key="k" * 16):
    """Whom the cookie names."""
    app = Flask(name)
    common.init_app(app, {"TESTING": True, "PROPAGATE_EXCEPTIONS": False, "SECRET_KEY": key})

    @app.get("/")
    @endpoint
    def show() -> VisitorOut:
        """Look."""
        return VisitorOut(visitor=devices.current())

    @app.post("/")
    @endpoint
    def vote() -> VisitorOut:
        """Write."""
        assert devices.remember() == devices.remember()
        return VisitorOut(visitor=devices.remember())

    @app.get("/wrong")
    @endpoint
    def wrong() -> None:
        """Give a cookie where none must be given."""
        devices.remember()

    return app


@pytest.fixture
def client():
    return Client(create_app())


def visitor_with(cookie, app=None, name="toy_device"):
    """Return whom a cookie names."""
    client = Client(app or create_app(), use_cookies=False)
    headers = {"Cookie": f"{name}={cookie}"}
    return client.get("/", headers=headers).json["visitor"]


def test_first_write_makes_a_visitor_who_stays_the_same(client):
    first = client.post("/").json["visitor"]

    assert client.post("/").json["visitor"] == first
    assert client.get("/").json["visitor"] == first


def test_who_only_looks_is_nobody_and_gets_no_cookie(client):
    response = client.get("/")

    assert response.json["visitor"] is None
    assert "Set-Cookie" not in response.headers


def test_cookie_lasts_a_year_and_no_script_reads_it(client):
    for _again in range(2):
        [cookie] = client.post("/").headers.getlist("Set-Cookie")

        assert "Max-Age=31536000" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie


def test_under_https_the_cookie_is_secure(client):
    assert "Secure" in client.post("/", base_url="https://localhost").headers["Set-Cookie"]


def test_browsers_are_different_visitors():
    app = create_app()

    assert len({Client(app).post("/").json["visitor"] for _ in range(20)}) == 20


def test_each_changed_byte_is_another_visitor(client):
    client.post("/")
    cookie = client.get_cookie("toy_device").value
    app = create_app()
    assert visitor_with(cookie, app) is not None

    others = [cookie[:place] + "x" + cookie[place + 1 :] for place in range(len(cookie))]
    others += [cookie[:-1] + letter for letter in string.ascii_letters + string.digits + "-_"]
    for changed in others:
        if changed != cookie:
            assert visitor_with(changed, app) is None, changed


@pytest.mark.parametrize("cookie", ["", ".", "x", "x.y", "\u00e9.\u00e9", "a" * 4000])
def test_rubbish_names_nobody(cookie):
    assert visitor_with(cookie) is None


def test_changed_cookie_becomes_a_new_visitor_at_the_next_write(client):
    first = client.post("/").json["visitor"]
    client.set_cookie("toy_device", client.get_cookie("toy_device").value[:-1])

    second = client.post("/").json["visitor"]

    assert second != first
    assert client.get("/").json["visitor"] == second


def test_other_application_and_other_key_know_nobody(client):
    client.post("/")
    cookie = client.get_cookie("toy_device").value

    assert visitor_with(cookie, create_app(key="another key of 25 letters")) is None
    assert visitor_with(cookie, create_app("other"), "toy_device") is None


def test_get_cannot_give_a_cookie(client):
    response = client.get("/wrong")

    assert response.status_code == 500
    assert "Set-Cookie" not in response.headers
