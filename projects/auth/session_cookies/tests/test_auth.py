"""What holds routes, cookie and Flask-Login together."""

import re

import pytest
from flask import session

from common import passwords
from session_cookies.models import User, db
from session_cookies.user_agents import describe


@pytest.fixture
def ana(client, run):
    """A client in which Ana is logged in."""
    run("seed")
    token = client.get("/csrf").json["csrf_token"]
    headers = {"Origin": "http://localhost", "X-CSRF-Token": token}
    client.post("/login", json={"username": "ana", "password": "correct horse"}, headers=headers)
    return client


def test_no_route_that_changes_something_is_without_gate(app, client):
    unsafe = {"POST", "PUT", "PATCH", "DELETE"}
    tried = []
    for rule in app.url_map.iter_rules():
        for method in rule.methods & unsafe:
            path = rule.rule.replace("<int:session_id>", "1")
            tried.append((method, path, client.open(path, method=method).status_code))

    assert len(tried) == 5
    assert {status for *_, status in tried} == {403}


def test_path_or_method_that_is_not_there_is_told_first(client):
    assert client.post("/nothing").status_code == 404
    assert client.delete("/me").status_code == 405


def test_proxy_that_is_not_configured_is_noticed_at_first_login(client):
    token = client.get("/csrf").json["csrf_token"]
    headers = {"Origin": "https://localhost", "X-CSRF-Token": token, "X-Forwarded-Proto": "https"}

    response = client.post("/login", json={"username": "ana", "password": "x"}, headers=headers)

    assert response.status_code == 403, "better than cookies without Secure that nobody notices"
    assert "must be http://localhost, and is https://localhost" in response.json["detail"]


def test_browsers_with_https_stay_on_it(client):
    over_https = client.get("/me", base_url="https://localhost")

    assert over_https.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/me").headers


def test_session_of_flask_is_not_used(app):
    with app.test_request_context(), pytest.raises(RuntimeError):
        session["user"] = "ana"


def test_remember_cookie_of_another_project_on_localhost_does_no_harm(ana):
    ana.set_cookie("remember_token", "7|of-another-project")
    ana.set_cookie("session", "eyJfdXNlcl9pZCI6IjIifQ.of.another-project")

    assert ana.get("/me").json["username"] == "ana"


def test_new_secret_key_ends_tokens_and_no_sessions(ana, restart):
    token = ana.get("/csrf").json["csrf_token"]
    restart(SECRET_KEY="another key of the same server")

    headers = {"Origin": "http://localhost", "X-CSRF-Token": token}
    assert ana.post("/logout", headers=headers).status_code == 403
    assert ana.get("/me").json["username"] == "ana"


def test_page_needs_no_exception_from_its_security_policy(client):
    page = client.get("/", headers={"Accept": "text/html"})

    assert page.mimetype == "text/html"
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    inline = re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page.text)
    assert inline == []


def test_list_of_sessions_takes_three_statements(ana, max_queries):
    with max_queries(3):
        ana.get("/sessions")


def test_right_password_matches_and_nobodys_does_not(app):
    with app.app_context():
        hashed = passwords.hash_of("correct horse")
        assert passwords.matches("correct horse", hashed)
        assert not passwords.matches("correct horses", hashed)
        assert not passwords.matches("nobody", None)


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/26.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("<script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_device_is_told_in_few_words(user_agent, device):
    assert describe(user_agent) == device


def test_added_user_has_that_password(app, run):
    added = run("add-user", "cleo", "cleo@x.example", "--password", "a long password")

    assert added.exit_code == 0
    with app.app_context():
        cleo = db.session.query(User).filter_by(username="cleo").one()
        assert passwords.matches("a long password", cleo.password_hash)
    again = run("add-user", "cleo", "cleo@x.example", "--password", "a long password")
    assert again.exit_code == 1
    assert "already" in again.output


def test_password_is_same_however_its_accents_are_typed(app, run):
    composed = "pass\u00e9 compos\u00e9"
    decomposed = "passe\u0301 compose\u0301"
    run("add-user", "cleo", "cleo@x.example", "--password", composed)

    with app.app_context():
        cleo = db.session.query(User).filter_by(username="cleo").one()
        assert passwords.matches(decomposed, cleo.password_hash)


@pytest.mark.parametrize(
    "wrong",
    [
        ("Cleo", "cleo@x.example", "a long password"),
        ("cleo", "cleo", "a long password"),
        ("cleo", "c" * 250 + "@x.example", "a long password"),
        ("cleo", "cleo@x.example", "short"),
    ],
)
def test_user_that_breaks_rule_is_not_added(run, wrong):
    username, email, password = wrong

    assert run("add-user", username, email, "--password", password).exit_code == 2
