"""Everything in one file, on sqlite3: no ORM, no models, codes by chance."""

import re
import secrets
import sqlite3
import string
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, current_app, jsonify, request
from markupsafe import escape
from werkzeug.utils import redirect

import common
from common import clock
from common.errors import Problem

from . import urls
from .settings import Settings

LETTERS = string.ascii_letters + string.digits
TABLES = """
CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS links (
    id INTEGER PRIMARY KEY, code TEXT UNIQUE, url TEXT, permanent INTEGER, clicks INTEGER,
    created TEXT, expires TEXT, most INTEGER);
CREATE TABLE IF NOT EXISTS visits (link INTEGER, day TEXT, host TEXT);
"""
NEVER_ALIASES = {"about", "admin", "api", "docs", "healthz", "help", "links", "login", "static"}


class Exact(Response):
    """A redirect whose URL goes out as it is: Werkzeug drops the sign of an empty query."""

    def get_wsgi_headers(self, environ):
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


def create_app(config=None):
    app = Flask(__name__)
    common.init_app(app, config, settings=Settings)
    with app.app_context(), closing(connect()) as db:
        db.executescript(TABLES)
    for rule, view, methods in ROUTES:
        app.add_url_rule(rule, view_func=view, methods=methods)
    return app


def connect():
    url = current_app.config["DATABASE_URL"] or "sqlite:///links.sqlite"
    folder = Path(current_app.instance_path)
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(folder / url.removeprefix("sqlite:///"), timeout=10, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def wrong(field, message, place="body"):
    raise Problem(422, message, errors=[{"loc": [place, field], "msg": message}])


def read(allowed, required=()):
    if request.mimetype != "application/json":
        raise Problem(415, "Send JSON.")
    body = request.get_json()
    if not isinstance(body, dict):
        wrong("", "must be an object")
    for name in [*body.keys() - allowed, *required - body.keys()]:
        wrong(name, "is unknown or missing")
    if "url" in body:
        body["url"] = check_url(body["url"])
    if "permanent" in body and not isinstance(body["permanent"], bool):
        wrong("permanent", "must be true or false")
    if body.get("expires_at") is not None:
        body["expires_at"] = check_moment(body["expires_at"])
    most = body.get("max_visits")
    if most is not None and (type(most) is not int or not 1 <= most <= 10**9):
        wrong("max_visits", "must be 1 to 1,000,000,000")
    alias = body.get("alias", "none")
    if alias is not None and not re.fullmatch(
        "[A-Za-z0-9_-]{3,32}", alias if isinstance(alias, str) else ""
    ):
        wrong("alias", "must be 3 to 32 letters, digits, - and _")
    return body


def check_url(url):
    own = [request.host, *current_app.config["OWN_HOSTS"].split(",")]
    if not isinstance(url, str):
        wrong("url", "must be text")
    try:
        url = urls.validate(url)
    except ValueError as error:
        wrong("url", str(error))
    if urls.leads_to(url, own):
        wrong("url", "leads to this service")
    return url


def check_moment(text):
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or moment <= clock.now():
            raise ValueError
        return moment.astimezone(UTC).isoformat()
    except (TypeError, ValueError, OverflowError):
        wrong("expires_at", "must be a moment to come, with its zone")


def shown(link):
    moments = {"created_at": link["created"], "expires_at": link["expires"]}
    return {
        "code": link["code"],
        "short_url": f"{request.url_root}{link['code']}",
        "url": link["url"],
        "permanent": bool(link["permanent"]),
        "clicks": link["clicks"],
        "max_visits": link["most"],
        **{name: text and text.replace("+00:00", "Z") for name, text in moments.items()},
    }


def get(db, code):
    link = db.execute("SELECT * FROM links WHERE code = ?", [code]).fetchone()
    if link is None:
        raise Problem(404, "There is no such link.")
    return link


def used(db, code):
    return db.execute("SELECT 1 FROM codes WHERE code = ?", [code]).fetchone() is not None


def number(name, default, most):
    given = request.args.getlist(name) or [str(default)]
    if len(given) > 1 or not re.fullmatch("[0-9]{1,7}", given[0]) or not 1 <= int(given[0]) <= most:
        wrong(name, f"must be 1 to {most}", "query")
    return int(given[0])


def index():
    return (
        "<!doctype html><title>Short</title><form method=post action=links><input name=url></form>"
    )


def create():
    body = read({"url", "alias", "expires_at", "permanent", "max_visits"}, {"url"})
    alias, wish = (
        body.get("alias"),
        (body["url"], body.get("permanent", False), body.get("expires_at")),
    )
    with closing(connect()) as db:
        db.execute("BEGIN IMMEDIATE")
        if request.args.get("reuse") == "true" and body.get("max_visits") is None:
            same = (
                "SELECT * FROM links WHERE url = ? AND permanent = ? AND expires IS ?"
                " AND most IS NULL ORDER BY id"
            )
            for link in db.execute(same, wish):
                if alias in (None, link["code"]):
                    return jsonify(shown(link)), 200
        if alias and (alias.lower() in NEVER_ALIASES or used(db, alias)):
            free = f"{alias[:24]}-{secrets.token_hex(3)}"
            raise Problem(409, f"{alias} cannot be had.", suggestion=free)
        code = alias
        while code is None or (code != alias and used(db, code)):
            code = "".join(secrets.choice(LETTERS) for _ in range(7))
        db.execute("INSERT INTO codes VALUES (?)", [code])
        row = [code, *wish[:2], 0, clock.now().isoformat(), wish[2], body.get("max_visits")]
        db.execute("INSERT INTO links VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("COMMIT")
        return jsonify(shown(get(db, code))), 201, {"Location": f"/links/{code}"}


def listing():
    page, size = number("page", 1, 10**6), number("per_page", 20, 100)
    word = re.sub("([%_!])", r"!\1", request.args.get("q", ""))
    word = f"%{word}%"
    where = "FROM links WHERE url LIKE ?1 ESCAPE '!' OR code LIKE ?1 ESCAPE '!'"
    with closing(connect()) as db:
        total = db.execute(f"SELECT count(*) {where}", [word]).fetchone()[0]
        rows = db.execute(
            f"SELECT * {where} ORDER BY id DESC LIMIT ?2 OFFSET ?3",
            [word, size, size * (page - 1)],
        ).fetchall()
    headers = {"X-Total-Count": str(total)}
    if page * size < total:
        headers["Link"] = f'<{request.base_url}?page={page + 1}&per_page={size}>; rel="next"'
    return jsonify([shown(link) for link in rows]), 200, headers


def show(code):
    with closing(connect()) as db:
        return jsonify(shown(get(db, code)))


def change(code):
    body = read({"url", "expires_at", "permanent", "max_visits"})
    with closing(connect()) as db:
        link = dict(get(db, code))
        columns = {"expires_at": "expires", "max_visits": "most"}
        link |= {columns.get(name, name): value for name, value in body.items()}
        db.execute(
            "UPDATE links SET url=:url, permanent=:permanent, expires=:expires, most=:most"
            " WHERE id=:id",
            link,
        )
        return jsonify(shown(get(db, code)))


def remove(code):
    with closing(connect()) as db:
        get(db, code)
        db.execute("DELETE FROM links WHERE code = ?", [code])
    return "", 204


def alive(db, code):
    link = db.execute("SELECT * FROM links WHERE code = ?", [code]).fetchone()
    lives = link and (link["expires"] is None or link["expires"] > clock.now().isoformat())
    if lives and (link["most"] is None or link["clicks"] < link["most"]):
        return link
    raise Problem(410, "It is gone.") if used(db, code) else Problem(404, "There is no such link.")


def follow(code):
    with closing(connect()) as db:
        db.execute("BEGIN IMMEDIATE")
        link = alive(db, code)
        if request.method == "GET":
            visit = [link["id"], str(clock.now().date()), urls.host_of(request.referrer or "")]
            db.execute("UPDATE links SET clicks = clicks + 1 WHERE id = ?", visit[:1])
            db.execute("INSERT INTO visits VALUES (?, ?, ?)", visit)
        db.execute("COMMIT")
    answer = redirect(link["url"], 301 if link["permanent"] else 302, Exact)
    seconds = 3600
    if link["expires"]:
        rest = datetime.fromisoformat(link["expires"]) - clock.now()
        seconds = min(seconds, int(rest.total_seconds()))
    kept = link["permanent"] and link["most"] is None
    answer.headers["Cache-Control"] = f"max-age={seconds}" if kept else "no-store"
    return answer


def preview(code):
    with closing(connect()) as db:
        link = alive(db, code)
    return f"<!doctype html><title>Where to?</title><p>{code} leads to {escape(link['url'])}"


def stats(code):
    days = number("days", 30, 366)
    today = clock.now().date()
    wanted = [str(today - timedelta(days=back)) for back in range(days)][::-1]
    with closing(connect()) as db:
        link = get(db, code)
        rows = db.execute("SELECT day, host FROM visits WHERE link = ?", [link["id"]]).fetchall()
    rows = [row for row in rows if row["day"] in wanted]
    hosts = [row["host"] for row in rows]
    top = sorted(set(hosts), key=lambda host: (-hosts.count(host), host))[:10]
    return jsonify(
        code=code,
        clicks=link["clicks"],
        per_day=[{"date": day, "clicks": sum(row["day"] == day for row in rows)} for day in wanted],
        top_referrers=[{"host": host or None, "clicks": hosts.count(host)} for host in top],
    )


ROUTES = [
    ("/", index, ["GET"]),
    ("/links", create, ["POST"]),
    ("/links", listing, ["GET"]),
    ("/links/<code>", show, ["GET"]),
    ("/links/<code>", change, ["PATCH"]),
    ("/links/<code>", remove, ["DELETE"]),
    ("/links/<code>/stats", stats, ["GET"]),
    ("/<code>", follow, ["GET"]),
    ("/<code>+", preview, ["GET"]),
]
