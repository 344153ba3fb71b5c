"""What the database refuses is told as what it is, on both databases."""

import errno
import os
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from flask import request
from sqlalchemy import event, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.test import Client

from common.errors import Problem

TABLES = [
    "CREATE TABLE owner (id INTEGER PRIMARY KEY)",
    """CREATE TABLE pet (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        weight SMALLINT CONSTRAINT heavy CHECK (weight > 0),
        owner_id INTEGER REFERENCES owner (id)
    )""",
    "INSERT INTO owner VALUES (1)",
    "INSERT INTO pet VALUES (1, 'Rex', 3, 1)",
]


@pytest.fixture
def execute(make_toy, db, database_settings):
    """Have a request execute some SQL; return its response: ``execute("DELETE …")``."""
    app = make_toy(**database_settings)

    @app.post("/sql")
    def run_sql():
        db.session.execute(text(request.get_data(as_text=True)))
        db.session.commit()
        return "", 204

    with app.app_context():
        for statement in TABLES:
            db.session.execute(text(statement))
        db.session.commit()
    client = Client(app)
    return lambda statement: client.post("/sql", data=statement, content_type="text/plain")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO pet VALUES (2, 'Rex', 3, 1)",
        "INSERT INTO pet VALUES (1, 'Tom', 3, 1)",
        "INSERT INTO pet VALUES (2, 'Tom', 3, 7)",
        "DELETE FROM owner",
    ],
    ids=["unique", "primary key", "no such owner", "an owner in use"],
)
def test_contradiction_of_what_is_stored_is_a_conflict(execute, statement):
    response = execute(statement)

    assert response.status_code == 409, response.text
    assert response.json["detail"] == "This contradicts what is stored already."


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO pet VALUES (2, NULL, 3, 1)",
        "INSERT INTO pet VALUES (2, 'Tom', 0, 1)",
        "SELEKT 1",
        "SELECT 1 FROM nowhere",
        "SELECT colour FROM pet",
    ],
    ids=["not null", "check", "no SQL", "no such table", "no such column"],
)
def test_mistake_of_the_program_is_a_500_with_its_traceback(execute, caplog, statement):
    response = execute(statement)

    assert response.status_code == 500, response.text
    assert "pet" not in response.text
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info, "the log must say where it happened"


def test_refusal_by_a_trigger_is_a_mistake_of_the_program(make_toy, db, execute, database_settings):
    if database_settings:
        statements = [
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION ''no''; END'",
            "CREATE TRIGGER no_change BEFORE UPDATE ON pet EXECUTE FUNCTION stop()",
        ]
    else:
        statements = [
            "CREATE TRIGGER no_change BEFORE UPDATE ON pet BEGIN SELECT RAISE(ABORT, 'no'); END"
        ]
    with make_toy(**database_settings).app_context():
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()

    response = execute("UPDATE pet SET weight = 4")

    assert response.status_code == 500, response.text


def test_value_that_no_column_holds_is_unprocessable(execute, database_settings):
    response = execute("UPDATE pet SET weight = 99999")

    expected = 422 if database_settings else 204  # SQLite's columns hold any number
    assert response.status_code == expected, response.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StaleDataError("gone"), 409),
        (ObjectDeletedError(None, "row is gone"), 409),
        (PoolTimeoutError("no connection left"), 503),
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OSError(errno.EDQUOT, "Quota exceeded"), 507),
        (OSError(errno.EACCES, "Permission denied"), 500),
        (Problem(418, "No coffee."), 418),
    ],
    ids=lambda value: str(value).partition(",")[0],
)
def test_exception_has_the_status_that_is_true(make_toy, error, status):
    app = make_toy()

    @app.get("/raise")
    def raise_it():
        raise error

    response = Client(app).get("/raise")

    assert (response.status_code, response.mimetype) == (status, "application/problem+json")


def test_read_only_database_is_said_to_be_one(make_toy, db):
    app = make_toy()

    @app.post("/write")
    def write():
        db.session.execute(text("PRAGMA query_only = ON"))
        db.session.execute(text("INSERT INTO thing (name, size) VALUES ('a', 1)"))

    response = Client(app).post("/write")

    assert response.status_code == 503
    assert "only be read" in response.json["detail"]
    assert response.headers["Retry-After"]


def test_read_only_postgresql_is_said_to_be_one(make_toy, db, postgres_url):
    app = make_toy(DATABASE_URL=postgres_url)

    @app.post("/write")
    def write():
        db.session.execute(text("SET TRANSACTION READ ONLY"))
        db.session.execute(text("INSERT INTO thing (name, size) VALUES ('a', 1)"))

    response = Client(app).post("/write")

    assert (response.status_code, "only be read" in response.json["detail"]) == (503, True)


def test_full_database_is_a_507_and_what_is_stored_can_be_read(make_toy, db):
    app = make_toy()
    client = Client(app)
    with app.app_context():
        pages = db.session.scalar(text("PRAGMA page_count"))
        db.engine.dispose()
        event.listen(db.engine, "connect", partial(limit_pages, pages))

    statuses = [client.post("/things", json={"name": f"{n:020}"}).status_code for n in range(400)]

    assert [*dict.fromkeys(statuses)] == [201, 507]
    assert client.get("/things").headers["X-Total-Count"] == str(statuses.count(201))


def limit_pages(pages, connection, _record):
    connection.execute(f"PRAGMA max_page_count = {pages}")


FILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from conftest import db, toy
from werkzeug.test import Client
from common import tables

folder = sys.argv[1]
settings = {{"TESTING": True, "INSTANCE_PATH": folder}}
app = toy(settings)
with app.app_context():
    db.engine.dispose()

tables.START_SECONDS = 0
rest = os.open(f"{{folder}}/rest", os.O_CREAT | os.O_WRONLY)
try:
    while True:
        os.write(rest, bytes(512))
except OSError:
    client = Client(toy(settings))
print(client.get("/things").status_code)
os.ftruncate(rest, 0)
print(client.get("/things").status_code)

for number in range(400):
    response = client.post("/things", json={{"name": f"{{number:020}}"}})
    if response.status_code != 201:
        break
print(response.status_code, client.get("/things").status_code, response.json["detail"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux mounts a disk for one process")
def test_full_disk_is_a_507_also_for_a_start(tmp_path):
    small = tmp_path / "disk"
    small.mkdir()
    mounted = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "small", str(small)]
    if subprocess.run([*mounted, *mount], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount; a database that is full is tested above")
    program = FILLED.format(tests=str(Path(__file__).parent))
    shell = ["sh", "-c", f'{shlex.join(mount)} && exec "$@"', "sh"]
    command = [*mounted, *shell, sys.executable, "-c", program, str(small)]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    lines = ["507", "200", "507 200 There is no space left to store this."]
    assert done.stdout.splitlines() == lines, done.stderr
