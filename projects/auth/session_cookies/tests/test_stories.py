"""What the service promises to those who use it, over HTTP alone."""

import re
from http.cookies import SimpleCookie

import pytest
from werkzeug.test import Client

ANA = {"username": "ana", "password": "correct horse"}
BEN = {"username": "ben", "password": "correct horse"}
HERE = "http://localhost"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ADDRESS = "198.51.100.7"
NOON = "2026-03-01T12:00:00Z"


class Browser:
    """A browser on the page of the application: it keeps cookies, and sends Origin and token."""

    def __init__(self, app, site=HERE):
        self.http = Client(app)
        self.site = site
        self.token = None

    def ask(self, method, path, headers=None, **what):
        """Send a request with Origin and token; a header that is None is left out."""
        sent = {"Origin": self.site, "X-CSRF-Token": self.token, **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        where = {"base_url": self.site, "environ_overrides": {"REMOTE_ADDR": ADDRESS}}
        return self.http.open(path, method=method, headers=sent, **where, **what)

    def get(self, path, **what):
        return self.ask("GET", path, **what)

    def post(self, path, **what):
        return self.ask("POST", path, **what)

    def delete(self, path, **what):
        return self.ask("DELETE", path, **what)

    def fetch_token(self):
        self.token = self.get("/csrf").json["csrf_token"]

    def log_in(self, who=ANA, **what):
        self.fetch_token()
        response = self.post("/login", json=who, **what)
        assert response.status_code == 200, f"POST /login as {who['username']}: {response.text}"
        self.fetch_token()  # it has changed with the cookie
        return response

    def log_out(self):
        response = self.post("/logout")
        assert response.status_code == 204, f"POST /logout: {response.text}"
        return response

    def cookie(self):
        """Return the cookie that identifies this browser as it would send it, ``name=value``."""
        return self.http.open("/csrf", base_url=self.site).request.headers.get("Cookie", "")

    def is_logged_in(self):
        return self.get("/me").status_code == 200

    def sessions(self):
        response = self.get("/sessions")
        assert response.status_code == 200, f"GET /sessions: {response.text}"
        return response.json


@pytest.fixture
def open_browser(client, run):
    """Start a browser without cookies, where Ana and Ben are users: ``open_browser()``."""
    assert run("seed").exit_code == 0, "flask seed should add ana and ben"
    return lambda site=HERE: Browser(client.application, site)


@pytest.fixture
def ana(open_browser):
    """A browser in which Ana is logged in."""
    browser = open_browser()
    browser.log_in(ANA)
    return browser


@pytest.fixture
def works(client):
    """Tell whether a cookie, ``name=value``, opens a session: ``works(ana.cookie())``."""

    def is_known(cookie, site=HERE):
        name, _, value = cookie.partition("=")
        thief = Client(client.application)
        thief.set_cookie(name, value, domain=re.sub("https?://", "", site))
        return thief.get("/me", base_url=site).status_code == 200

    return is_known


def set_by(response):
    """Return the name and the attributes of the cookie that an answer sets."""
    lines = response.headers.getlist("Set-Cookie")
    assert lines, "the answer should set a cookie"
    parsed = SimpleCookie(lines[-1])
    [(name, cookie)] = parsed.items()
    return name, cookie


# login


@pytest.mark.story("login")
def test_login_shows_who_i_am(open_browser):
    browser = open_browser()

    response = browser.log_in(ANA)

    assert response.json["username"] == "ana"
    me = browser.get("/me").json
    assert me["username"] == "ana"
    assert "@" in me["email"]


@pytest.mark.story("login")
def test_user_name_may_be_written_large(open_browser):
    browser = open_browser()

    browser.log_in({**ANA, "username": "Ana"})

    assert browser.get("/me").json["username"] == "ana"


@pytest.mark.story("login")
@pytest.mark.parametrize("path", ["/me", "/sessions"])
def test_without_login_nobody_is_known(open_browser, path):
    response = open_browser().get(path)

    assert response.status_code == 401
    assert response.headers.get("WWW-Authenticate"), "a 401 says how to authenticate"


@pytest.mark.story("login")
@pytest.mark.parametrize(
    "login",
    [
        {"username": "ana", "password": "Correct horse"},
        {"username": "ana", "password": ""},
        {"username": "ana", "password": "ü" * 128},
        {"username": "nobody", "password": "correct horse"},
        {"username": "ana' OR 1=1 --", "password": "correct horse"},
    ],
    ids=str,
)
def test_wrong_login_is_refused(open_browser, login):
    browser = open_browser()
    browser.fetch_token()

    response = browser.post("/login", json=login)

    assert response.status_code == 401
    assert not browser.is_logged_in()


@pytest.mark.story("login")
def test_unknown_name_gets_answer_of_wrong_password(open_browser):
    browser = open_browser()
    browser.fetch_token()

    wrong = browser.post("/login", json={**ANA, "password": "wrong"})
    unknown = browser.post("/login", json={**ANA, "username": "nobody"})

    assert (wrong.status_code, wrong.json) == (unknown.status_code, unknown.json)


@pytest.mark.story("login")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "ana"},
        {"username": "ana", "password": 7},
        {"username": "ana", "password": "x" * 129},
        {**ANA, "admin": True},
        [],
    ],
    ids=str,
)
def test_login_that_is_none_is_refused(open_browser, body):
    browser = open_browser()
    browser.fetch_token()

    assert browser.post("/login", json=body).status_code == 422


@pytest.mark.story("login")
def test_answers_about_me_are_kept_by_no_cache(ana):
    for path in ("/me", "/sessions", "/csrf"):
        assert "no-store" in ana.get(path).headers.get("Cache-Control", ""), f"GET {path}"


@pytest.mark.story("login")
def test_email_address_is_changed(ana):
    response = ana.post("/me/email", json={"email": "ana@new.example"})

    assert response.status_code == 200
    assert ana.get("/me").json == {"username": "ana", "email": "ana@new.example"}


@pytest.mark.story("login")
@pytest.mark.parametrize("email", ["", "ana@", "a b@x.example", "a@x.example\r\nBcc: b", 7])
def test_email_address_that_is_none_is_refused(ana, email):
    assert ana.post("/me/email", json={"email": email}).status_code == 422


# cookie


@pytest.mark.story("cookie")
def test_scripts_and_other_sites_do_not_get_cookie(open_browser):
    browser = open_browser()
    browser.fetch_token()

    _, cookie = set_by(browser.post("/login", json=ANA))

    assert cookie["httponly"], "scripts, also injected ones, must not read it: HttpOnly"
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"], "a Domain would give it to all subdomains"


@pytest.mark.story("cookie")
def test_cookie_over_https_is_secure_and_bound_to_host(open_browser):
    browser = open_browser("https://app.example")
    browser.fetch_token()

    name, cookie = set_by(browser.post("/login", json=ANA))

    assert cookie["secure"]
    assert name.startswith("__Host-"), "browsers let no other host plant a cookie of such a name"
    assert (cookie["path"], cookie["domain"]) == ("/", ""), "the prefix demands both"
    assert browser.is_logged_in()


@pytest.mark.story("cookie")
def test_cookie_on_plain_localhost_is_one_that_browsers_take(open_browser):
    browser = open_browser()
    browser.fetch_token()

    name, cookie = set_by(browser.post("/login", json=ANA))

    assert not cookie["secure"], "a browser drops a Secure cookie that comes over plain HTTP"
    assert not name.startswith("__Host-"), "a browser drops the prefix without Secure"


@pytest.mark.story("cookie")
@pytest.mark.settings(PROXY_HOPS="1")
def test_https_of_proxy_counts(open_browser):
    browser = open_browser()
    proxied = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "app.example",
        "Origin": "https://app.example",
    }
    first = browser.get("/csrf", headers=proxied)
    browser.token = first.json["csrf_token"]

    name, cookie = set_by(browser.post("/login", json=ANA, headers=proxied))

    assert name.startswith("__Host-")
    assert cookie["secure"]


@pytest.mark.story("cookie")
def test_https_that_anybody_claims_does_not_count(open_browser):
    response = open_browser().get("/csrf", headers={"X-Forwarded-Proto": "https"})

    name, cookie = set_by(response)
    assert not name.startswith("__Host-"), "without PROXY_HOPS no X-Forwarded header is trusted"
    assert not cookie["secure"]


@pytest.mark.story("cookie")
def test_over_https_cookie_without_prefix_is_nobodys(ana, works):
    assert works(ana.cookie()), "over HTTP it is Ana's"
    assert not works(ana.cookie(), "https://localhost"), "anybody on the network could plant it"


@pytest.mark.story("cookie")
def test_cookie_holds_id_and_nothing_about_user(ana):
    value = ana.cookie().partition("=")[2]

    assert "ana" not in value.lower()
    assert len(value) >= 22, "128 random bits are the least"
    other = Browser(ana.http.application)
    other.log_in(ANA)
    assert other.cookie() != ana.cookie(), "each login has an id of its own"


@pytest.mark.story("cookie")
@pytest.mark.parametrize("value", ["", "ana", "x" * 32, "x" * 4000, "\u00e9"])
def test_cookie_that_is_no_id_is_nobodys(ana, works, value):
    name = ana.cookie().partition("=")[0]

    assert not works(f"{name}={value}")


# rotation


@pytest.mark.story("rotation")
def test_login_changes_id(open_browser):
    browser = open_browser()
    browser.fetch_token()
    before = browser.cookie()

    browser.log_in(ANA)

    assert before, "GET /csrf should set a cookie, to which the token belongs"
    assert browser.cookie() != before


@pytest.mark.story("rotation")
def test_planted_id_does_not_become_login(open_browser, works):
    attacker, victim = open_browser(), open_browser()
    attacker.fetch_token()
    name, _, planted = attacker.cookie().partition("=")
    victim.http.set_cookie(name, planted)

    victim.log_in(ANA)

    assert victim.is_logged_in()
    assert not works(f"{name}={planted}"), "whoever planted the id would be Ana now"


@pytest.mark.story("rotation")
def test_invented_id_is_not_taken_over(open_browser, works):
    victim = open_browser()
    victim.fetch_token()
    name = victim.cookie().partition("=")[0]
    victim.http.set_cookie(name, "A" * 32)

    victim.log_in(ANA)

    assert victim.cookie() != f"{name}={'A' * 32}"
    assert not works(f"{name}={'A' * 32}")


@pytest.mark.story("rotation")
def test_second_login_ends_first_session(ana, works):
    first = ana.cookie()

    ana.log_in(BEN)

    assert ana.get("/me").json["username"] == "ben"
    assert not works(first), "the browser has replaced this cookie; nobody else should use it"


@pytest.mark.story("rotation")
def test_wrong_password_leaves_session_as_it_is(ana):
    response = ana.post("/login", json={**ANA, "password": "wrong"})

    assert response.status_code == 401
    assert ana.get("/me").json["username"] == "ana"


@pytest.mark.story("rotation")
def test_logout_changes_id(ana):
    before = ana.cookie()

    ana.log_out()

    assert ana.cookie() != before


@pytest.mark.story("rotation")
def test_token_of_before_login_is_worth_nothing_after_it(open_browser):
    browser = open_browser()
    browser.fetch_token()
    before = browser.token
    browser.log_in(ANA)

    response = browser.post(
        "/me/email", json={"email": "a@x.example"}, headers={"X-CSRF-Token": before}
    )

    assert response.status_code == 403


# logout


@pytest.mark.story("logout")
def test_copied_cookie_is_dead_after_logout(ana, works):
    copied = ana.cookie()
    assert works(copied)

    ana.log_out()

    assert not works(copied), "forgetting the cookie is not enough: the session must go"
    assert not ana.is_logged_in()


@pytest.mark.story("logout")
def test_logout_leaves_other_sessions_alone(open_browser, ana):
    phone, ben = open_browser(), open_browser()
    phone.log_in(ANA)
    ben.log_in(BEN)

    ana.log_out()

    assert phone.is_logged_in()
    assert ben.is_logged_in()


@pytest.mark.story("logout")
def test_logout_without_session_changes_nothing(open_browser):
    browser = open_browser()
    browser.fetch_token()

    assert browser.post("/logout").status_code == 204


@pytest.mark.story("logout")
def test_login_works_again_after_logout(ana):
    ana.log_out()

    ana.log_in(ANA)

    assert ana.is_logged_in()


@pytest.mark.story("logout")
def test_sessions_outlive_restart_of_server(ana, restart):
    restart()

    assert ana.is_logged_in(), "sessions belong into the database, not into the process"


# timeouts


@pytest.mark.story("timeouts")
@pytest.mark.parametrize(("minutes", "lives"), [(29, True), (30, False), (600, False)])
def test_unused_session_ends_after_half_hour(open_browser, clock, minutes, lives):
    clock.set(NOON)
    browser = open_browser()
    browser.log_in(ANA)

    clock.advance(minutes=minutes)

    assert browser.is_logged_in() == lives


@pytest.mark.story("timeouts")
def test_use_keeps_session_alive(open_browser, clock):
    clock.set(NOON)
    browser = open_browser()
    browser.log_in(ANA)

    for _ in range(5):
        clock.advance(minutes=20)
        assert browser.is_logged_in()


@pytest.mark.story("timeouts")
def test_session_in_constant_use_ends_after_twelve_hours(open_browser, clock):
    clock.set(NOON)
    browser = open_browser()
    browser.log_in(ANA)

    for _ in range(35):
        clock.advance(minutes=20)
        assert browser.is_logged_in(), "it is used every 20 minutes and not 12 hours old"
    clock.advance(minutes=20)

    assert not browser.is_logged_in(), "a stolen cookie must not live for ever"


@pytest.mark.story("timeouts")
def test_session_that_is_over_does_not_come_back(open_browser, clock):
    clock.set(NOON)
    browser = open_browser()
    browser.log_in(ANA)
    clock.advance(minutes=31)

    statuses = [browser.get("/me").status_code for _ in range(3)]

    assert statuses == [401, 401, 401], "asking with a dead cookie is no use of a session"


@pytest.mark.story("timeouts")
def test_session_that_is_over_changes_nothing(open_browser, clock):
    clock.set(NOON)
    browser = open_browser()
    browser.log_in(ANA)
    clock.advance(minutes=31)

    response = browser.post("/me/email", json={"email": "late@x.example"})

    assert response.status_code == 401
    browser.log_in(ANA)
    assert browser.get("/me").json["email"] != "late@x.example"


@pytest.mark.story("timeouts")
def test_new_login_begins_new_time(open_browser, clock):
    clock.set(NOON)
    browser = open_browser()
    browser.log_in(ANA)
    clock.advance(hours=13)

    browser.log_in(ANA)

    assert browser.is_logged_in()


@pytest.mark.story("timeouts")
@pytest.mark.settings(SESSION_IDLE_SECONDS="60", SESSION_ABSOLUTE_SECONDS="90")
def test_times_can_be_set(open_browser, clock):
    clock.set(NOON)
    browser = open_browser()
    browser.log_in(ANA)

    clock.advance(seconds=59)
    assert browser.is_logged_in()
    clock.advance(seconds=31)
    assert not browser.is_logged_in()


# csrf


@pytest.mark.story("csrf")
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://localhost.evil.example",
        "http://evil.example/http://localhost",
        "localhost",
        "http://\u00e9.example",
    ],
)
def test_request_of_another_site_is_refused(ana, origin):
    response = ana.post("/me/email", json={"email": "evil@x.example"}, headers={"Origin": origin})

    assert response.status_code == 403, f"Origin: {origin}"
    assert ana.get("/me").json["email"] != "evil@x.example"


@pytest.mark.story("csrf")
@pytest.mark.parametrize("token", [None, "", "0" * 64, "\u00e9"])
def test_request_without_token_is_refused(ana, token):
    response = ana.post(
        "/me/email", json={"email": "evil@x.example"}, headers={"X-CSRF-Token": token}
    )

    assert response.status_code == 403, f"X-CSRF-Token: {token}"
    assert ana.get("/me").json["email"] != "evil@x.example"


@pytest.mark.story("csrf")
def test_token_of_somebody_else_is_refused(ana, open_browser):
    ben = open_browser()
    ben.log_in(BEN)

    response = ana.post(
        "/me/email", json={"email": "evil@x.example"}, headers={"X-CSRF-Token": ben.token}
    )

    assert response.status_code == 403, (
        "the attacker has a token, too: it must belong to the session"
    )
    assert ana.get("/me").json["email"] != "evil@x.example"


@pytest.mark.story("csrf")
def test_token_that_is_no_header_is_refused(ana):
    sent = {"email": "evil@x.example", "csrf_token": ana.token}

    response = ana.post("/me/email", json=sent, headers={"X-CSRF-Token": None})

    assert response.status_code == 403, "another site's form can send a body, but no such header"


@pytest.mark.story("csrf")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/login"),
        ("POST", "/logout"),
        ("POST", "/me/email"),
        ("DELETE", "/sessions"),
        ("DELETE", "/sessions/1"),
    ],
)
def test_every_change_needs_origin_and_token(ana, method, path):
    without_origin = ana.ask(method, path, headers={"Origin": None})
    without_token = ana.ask(method, path, headers={"X-CSRF-Token": None})

    assert (without_origin.status_code, without_token.status_code) == (403, 403)
    assert ana.is_logged_in()


@pytest.mark.story("csrf")
def test_login_needs_token_too(open_browser):
    browser = open_browser()
    browser.fetch_token()

    response = browser.post("/login", json=ANA, headers={"X-CSRF-Token": None})

    assert response.status_code == 403, "else another site logs you in as somebody it knows"
    assert not browser.is_logged_in()


@pytest.mark.story("csrf")
def test_reading_needs_neither(ana):
    nothing = {"Origin": None, "X-CSRF-Token": None}

    for path in ("/me", "/sessions", "/csrf", "/"):
        assert ana.get(path, headers=nothing).status_code == 200, f"GET {path}"


@pytest.mark.story("csrf")
def test_token_stays_as_long_as_cookie(ana):
    tokens = {ana.get("/csrf").json["csrf_token"] for _ in range(3)}

    response = ana.post(
        "/me/email", json={"email": "a@x.example"}, headers={"X-CSRF-Token": ana.token}
    )

    assert response.status_code == 200, "two tabs share a cookie: one must not break the other"
    assert len(tokens) == 1


@pytest.mark.story("csrf")
def test_other_sites_are_not_allowed_to_read(ana):
    response = ana.get("/csrf", headers={"Origin": "http://evil.example"})

    assert "Access-Control-Allow-Origin" not in response.headers, "or they could read the token"


# sessions


@pytest.mark.story("sessions")
def test_sessions_are_listed_last_used_first(open_browser, clock):
    clock.set(NOON)
    laptop, phone = open_browser(), open_browser()
    laptop.log_in(ANA, headers={"User-Agent": FIREFOX})
    clock.advance(minutes=5)
    phone.log_in(ANA, headers={"User-Agent": "curl/8.5.0"})
    clock.advance(minutes=5)

    rows = laptop.sessions()

    assert [row["current"] for row in rows] == [True, False]
    assert rows[0]["created_at"] == "2026-03-01T12:00:00Z"
    assert rows[0]["last_seen_at"] == "2026-03-01T12:10:00Z"
    assert rows[1]["created_at"] == "2026-03-01T12:05:00Z"
    assert "Firefox" in rows[0]["device"]
    assert "curl" in rows[1]["device"]
    assert rows[0]["address"] == ADDRESS


@pytest.mark.story("sessions")
@pytest.mark.settings(PROXY_HOPS="1")
def test_address_is_that_of_client_behind_proxy(open_browser):
    browser = open_browser()
    browser.log_in(ANA, headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.8"})

    rows = browser.get("/sessions", headers={"X-Forwarded-For": "203.0.113.9"}).json

    assert rows[0]["address"] == "203.0.113.9"


@pytest.mark.story("sessions")
def test_list_tells_no_id_that_opens_session(ana):
    assert ana.cookie().partition("=")[2] not in ana.get("/sessions").text


@pytest.mark.story("sessions")
def test_sessions_that_are_over_are_not_listed(open_browser, clock):
    clock.set(NOON)
    old, new = open_browser(), open_browser()
    old.log_in(ANA)
    clock.advance(minutes=31)
    new.log_in(ANA)

    assert [row["current"] for row in new.sessions()] == [True]


@pytest.mark.story("sessions")
def test_one_session_is_ended(open_browser, ana, works):
    phone = open_browser()
    phone.log_in(ANA)
    [number] = [row["id"] for row in ana.sessions() if not row["current"]]

    assert ana.delete(f"/sessions/{number}").status_code == 204
    assert not works(phone.cookie())
    assert ana.is_logged_in()
    assert ana.delete(f"/sessions/{number}").status_code == 404, "it is gone already"


@pytest.mark.story("sessions")
def test_all_other_sessions_are_ended(open_browser, ana):
    others = [open_browser() for _ in range(3)]
    for browser in others:
        browser.log_in(ANA)

    assert ana.delete("/sessions").status_code == 204
    assert [browser.is_logged_in() for browser in others] == [False] * 3
    assert [row["current"] for row in ana.sessions()] == [True]


@pytest.mark.story("sessions")
def test_sessions_of_others_are_not_there(open_browser, ana):
    ben = open_browser()
    ben.log_in(BEN)
    [row] = ana.sessions()

    stranger = ben.delete(f"/sessions/{row['id']}")
    nobody = ben.delete("/sessions/2147483647")

    assert stranger.status_code == 404
    assert stranger.json == nobody.json, "the answer must not tell that there is one"
    assert ben.delete("/sessions").status_code == 204
    assert ana.is_logged_in()
    assert len(ben.sessions()) == 1


@pytest.mark.story("sessions")
def test_logins_at_once_all_work(open_browser, at_once):
    browsers = [open_browser() for _ in range(12)]

    at_once(12, lambda number: browsers[number].log_in(ANA))

    assert [browser.is_logged_in() for browser in browsers] == [True] * 12
    assert len(browsers[0].sessions()) == 12


# sweep


@pytest.mark.story("sweep")
def test_sweep_deletes_what_is_over_and_nothing_else(open_browser, clock, run):
    clock.set(NOON)
    for _ in range(3):
        open_browser().log_in(ANA)
    clock.advance(minutes=31)
    browser = open_browser()
    browser.log_in(ANA)

    swept = run("sweep-sessions")

    assert swept.exit_code == 0
    assert "3" in swept.output, "it should tell how many"
    assert browser.is_logged_in()
    assert "0" in run("sweep-sessions").output
