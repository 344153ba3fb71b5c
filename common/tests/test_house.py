"""What every application gets: settings, errors, pages, lists, database, clock."""

from datetime import UTC, datetime, timedelta

import pytest

from common import SettingsError, clock
from common.testing import wait_until

# --- settings


def test_all_wrong_settings_are_named_at_once_and_no_secret_is_shown(make_toy, capsys):
    with pytest.raises(SettingsError) as caught:
        make_toy(PROXY_HOPS="many", DATABASE_URL="mysql://root:hunter2@db", SECRET_KEY="short")
    for name in ("PROXY_HOPS", "DATABASE_URL", "SECRET_KEY"):
        assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert str(caught.value) in capsys.readouterr().err


def test_environment_is_read_and_the_argument_wins(make_toy, monkeypatch):
    monkeypatch.setenv("PROXY_HOPS", "2")
    monkeypatch.setenv("MAX_CONTENT_LENGTH", "2048")
    app = make_toy(MAX_CONTENT_LENGTH="4096")
    assert (app.config["PROXY_HOPS"], app.config["MAX_CONTENT_LENGTH"]) == (2, 4096)


def test_development_key_is_kept_and_production_wants_one(make_toy, tmp_path):
    first, second = make_toy(SECRET_KEY=None), make_toy(SECRET_KEY=None)
    assert first.config["SECRET_KEY"] == second.config["SECRET_KEY"]
    assert (tmp_path / "instance" / "secret_key").stat().st_mode & 0o077 == 0
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        make_toy(SECRET_KEY=None, TESTING=False)


# --- errors and headers


def test_exception_in_a_view_is_a_500_that_tells_nothing(http):
    response = http.get("/broken")
    assert response.status_code == 500
    assert response.mimetype == "application/problem+json"
    assert not {"secret", "SELECT", "Runtime"} & set(response.text.replace(":", " ").split())


def test_browser_gets_an_error_to_read(http):
    response = http.get("/nothing", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "There is nothing at this URL." in response.text
    assert "Accept" in response.headers["Vary"]


def test_unhandled_constraint_is_409_and_the_request_leaves_no_trace(http):
    assert http.post("/things", json={"name": "a"}).status_code == 201
    assert http.post("/things", json={"name": "a"}).status_code == 409
    assert http.get("/things").headers["X-Total-Count"] == "1"


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/openapi.json", "/things", "/nothing"])
def test_every_answer_has_the_security_headers_and_a_request_id(http, path):
    headers = http.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"]
    assert headers["X-Request-ID"]


@pytest.mark.parametrize(("given", "taken"), [("abc-1.2", True), ("a b", False), ("x" * 65, False)])
def test_request_id_is_taken_when_it_is_harmless(http, given, taken):
    answered = http.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (answered == given) is taken


def test_request_without_a_proper_host_is_400(http):
    response = http.get("/things", headers={"Host": "a b"})
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")


# --- pages


def test_landing_page_shows_every_route_and_asks_no_other_host(http):
    page = http.get("/").text
    for path in ("/things", "/things/{number}", "/anything", "/uploads"):
        assert f"<code>{path}</code>" in page
    assert "https://" not in page
    assert "<script>" not in page
    assert "style=" not in page


def test_docs_page_and_its_files_are_served_from_here(http):
    page = http.get("/docs").text
    assert 'data-openapi="/openapi.json"' in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert http.get(f"/common/docs/{name}", buffered=True).status_code == 200
    assert http.get("/common/docs/index.html").status_code == 404


# --- lists


def test_pages_are_linked_by_rfc_8288(http):
    for number in range(7):
        http.post("/things", json={"name": f"n{number}"})
    response = http.get("/things?per_page=3&page=2&tag=a%20b")
    assert [thing["name"] for thing in response.json] == ["n3", "n4", "n5"]
    assert response.headers["X-Total-Count"] == "7"
    links = response.headers["Link"]
    for rel, page in {"first": 1, "prev": 1, "next": 3, "last": 3}.items():
        assert f'<http://localhost/things?per_page=3&tag=a+b&page={page}>; rel="{rel}"' in links


def test_links_to_pages_are_uris(http):
    response = http.get("/names/a%20日%3F/things?per_page=3", base_url="http://bücher.example")
    start = "http://xn--bcher-kva.example/names/a%20%E6%97%A5%3F/things"
    assert response.headers["Link"].startswith(f"<{start}?per_page=3&page=1>")


def test_page_after_the_last_is_empty_and_leads_back(http):
    http.post("/things", json={"name": "a"})
    response = http.get("/things?page=9")
    assert response.json == []
    assert 'page=1>; rel="prev"' in response.headers["Link"]
    assert 'rel="next"' not in response.headers["Link"]


# --- clock and commands


def test_clock_stands_where_it_is_set_until_it_is_reset():
    clock.set_to("2026-03-29T01:30:00+01:00")
    clock.advance(hours=1)
    assert clock.now() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    clock.reset()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    with pytest.raises(ValueError, match="time zone"):
        clock.set_to("2026-03-29T01:30:00")


def test_seed_says_what_it_did(make_toy):
    response = make_toy().test_cli_runner().invoke(args=["seed"])

    assert response.output == "Added 3 rows of demo data.\n"


def test_wait_until_gives_up_with_words():
    with pytest.raises(AssertionError, match="for the moon"):
        wait_until(lambda: False, timeout=0.05, what="the moon")
