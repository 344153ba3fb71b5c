"""Tables at the start, transactions, locks, and a database that is busy or away."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import requests
from flask import Flask
from sqlalchemy import DDL, CheckConstraint, event, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.test import Client

import common
from common import SettingsError, database, tables
from common.database import UtcDateTime, count_queries, make_db, violated
from common.tables import make_tables
from common.testing import wait_until

# --- tables


def test_start_with_all_tables_asks_one_question(make_toy, db, database_settings):
    with make_toy(**database_settings).app_context(), count_queries(db.engine) as statements:
        make_tables(db.engine, db.metadata)

    assert len(statements) == 1, statements


def test_start_keeps_what_is_stored(make_toy, database_settings):
    Client(make_toy(**database_settings)).post("/things", json={"name": "a", "size": 4})

    assert Client(make_toy(**database_settings)).get("/things").json[0]["size"] == 4


def test_table_that_lacks_a_column_stops_the_start(make_toy, db, database_settings):
    with make_toy(**database_settings).app_context():
        engine = db.engine
        newer = make_db()

        class Thing(newer.Model):
            id: Mapped[int] = mapped_column(primary_key=True)
            colour: Mapped[str | None]

        with pytest.raises(SettingsError, match=r"table thing .* lacks column colour"):
            make_tables(engine, newer.metadata)

        assert "colour" not in {column["name"] for column in inspect(engine).get_columns("thing")}


def test_events_of_the_schema_fire(tmp_path, database_settings):
    made = make_db()

    class Book(made.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        pages: Mapped[int]

    words = "CREATE VIRTUAL TABLE words USING fts5(title)"
    vector = "CREATE INDEX words ON book USING gin (to_tsvector('simple', title))"
    event.listen(Book.__table__, "after_create", DDL(words).execute_if(dialect="sqlite"))
    event.listen(Book.__table__, "after_create", DDL(vector).execute_if(dialect="postgresql"))
    check = CheckConstraint("pages > 0", name="pages")
    Book.__table__.append_constraint(check.ddl_if(dialect="postgresql"))

    app = Flask("books")
    config = {"TESTING": True, "SECRET_KEY": "k" * 16, "INSTANCE_PATH": str(tmp_path)}
    common.init_app(app, config | database_settings, db=made)
    with app.app_context():
        if database_settings:
            assert [index["name"] for index in inspect(made.engine).get_indexes("book")] == [
                "words"
            ]
            assert len(inspect(made.engine).get_check_constraints("book")) == 1
        else:
            made.session.execute(text("INSERT INTO words VALUES ('a tale of two cities')"))
            made.session.commit()
            assert inspect(made.engine).get_check_constraints("book") == []
        made.session.remove()
        made.engine.dispose()


def test_many_processes_may_start_at_once_on_an_empty_folder(tmp_path):
    program = (
        "import runpy, sys, os\n"
        "toy = runpy.run_path(sys.argv[1])['toy']\n"
        "print('ready', flush=True)\n"
        "for folder in sys.stdin:\n"
        "    toy({'TESTING': True, 'INSTANCE_PATH': folder.strip()})\n"
        "    print('started', flush=True)\n"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).with_name("conftest.py"))]
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(4)
    ]
    for process in started:
        assert process.stdout.readline() == "ready\n"

    for number in range(6):
        for process in started:
            process.stdin.write(f"{tmp_path / str(number)}\n")
            process.stdin.flush()
        for process in started:
            line = process.stdout.readline()
            assert line == "started\n", process.communicate()[1]

    for process in started:
        process.communicate()


# --- a database that is busy or away


@pytest.fixture
def impatient(monkeypatch):
    """Let a start wait a moment, not seconds."""
    monkeypatch.setattr(tables, "START_SECONDS", 0.1)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)


@pytest.mark.usefixtures("impatient")
def test_start_survives_a_database_that_is_locked(make_toy, tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir()
    other = sqlite3.connect(folder / "toy.sqlite", isolation_level=None)
    with closing(other):
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        client = Client(make_toy())

        away = client.get("/things")
        other.execute("ROLLBACK")
        back = client.get("/things")

    assert (away.status_code, away.json["detail"]) == (503, "The database is busy; try again.")
    assert away.headers["Retry-After"]
    assert back.status_code == 200, "the tables are made as soon as they can be"


def test_start_waits_where_sqlite_itself_does_not(make_toy, monkeypatch, tmp_path):
    """As when another process is just switching to WAL."""
    folder = tmp_path / "instance"
    folder.mkdir()
    other = sqlite3.connect(folder / "toy.sqlite", isolation_level=None)
    other.execute("CREATE TABLE earlier (id INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        other.close()

    monkeypatch.setattr(tables, "time", SimpleNamespace(monotonic=time.monotonic, sleep=pause))

    response = Client(make_toy()).get("/things")

    assert response.status_code == 200
    assert len(pauses) == 1, "the start should have found the lock and tried again"


@pytest.mark.usefixtures("impatient")
def test_route_that_needs_no_tables_is_answered_without_them(make_toy, tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir()
    other = sqlite3.connect(folder / "toy.sqlite", isolation_level=None)
    with closing(other):
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        app = make_toy()
        app.extensions["common_needs_no_tables"] = {"anything"}
        client = Client(app)

        statuses = [client.get(path).status_code for path in ("/anything", "/things")]

        other.execute("ROLLBACK")
    assert statuses == [200, 503]


@pytest.mark.usefixtures("impatient")
def test_start_only_reads_where_the_tables_are_there(make_toy):
    first = make_toy()
    Client(first).post("/things", json={"name": "a"})
    other = sqlite3.connect(Path(first.instance_path, "toy.sqlite"), isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")

        response = Client(make_toy()).get("/things")

        other.execute("ROLLBACK")
    assert response.status_code == 200, "a writer holds up no start"


def test_one_request_waits_for_the_tables_and_no_other(
    make_toy, db, monkeypatch, tmp_path, at_once
):
    monkeypatch.setattr(tables, "START_SECONDS", 0.1)
    folder = tmp_path / "instance"
    folder.mkdir()
    options = {"isolation_level": None, "check_same_thread": False}
    other = sqlite3.connect(folder / "toy.sqlite", **options)
    with closing(other):
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(database, "BUSY_SECONDS", 0)
        app = make_toy()
        monkeypatch.setattr(database, "BUSY_SECONDS", 10)
        with app.app_context():
            db.engine.dispose()  # the next connections are patient

        def ask(_number):
            status = Client(app).get("/things").status_code
            if other.in_transaction:
                other.execute("ROLLBACK")
            return status

        statuses = at_once(2, ask)

    assert sorted(statuses) == [200, 503]


@pytest.mark.usefixtures("impatient")
def test_late_start_that_cannot_be_is_an_error_and_ends_no_thread(make_toy, tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir()
    other = sqlite3.connect(folder / "toy.sqlite", isolation_level=None)
    with closing(other):
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        client = Client(make_toy())
        other.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY)")
        other.execute("COMMIT")

    response = client.get("/things")

    assert response.status_code == 500
    assert "lacks column" not in response.text


ANSWERED = re.compile(r"answered-by-<?(\d+)>?\n")
LOG_PROCESS = {"GUNICORN_CMD_ARGS": "--access-logfile - --access-logformat answered-by-%(p)s"}
IMPATIENT = """
from common import database, tables
tables.START_SECONDS = database.BUSY_SECONDS = 0
"""


def test_servers_survive_a_locked_database_and_a_killed_worker(serve_toy, tmp_path):
    program = tmp_path / "wsgi.py"
    program.write_text(IMPATIENT + program.read_text())
    other = sqlite3.connect(tmp_path / "instance/toy.sqlite", isolation_level=None)
    with closing(other):
        other.execute("BEGIN EXCLUSIVE")
        server = serve_toy(workers=2, **LOG_PROCESS)
        statuses = set()

        def workers():
            response = requests.get(f"{server.url}/things", timeout=20)
            statuses.add((response.status_code, response.headers.get("Retry-After")))
            return set(map(int, ANSWERED.findall(server.log.read_text())))

        wait_until(lambda: len(workers()) == 2, 30, "answers of both workers")
        killed = max(workers())
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len(workers()) == 3, 30, "an answer of a new worker")
        assert statuses == {(503, "1")}

        other.execute("ROLLBACK")

    response = requests.get(f"{server.url}/things", timeout=20)
    assert (response.status_code, server.process.poll()) == (200, None)


@pytest.mark.usefixtures("impatient")
def test_start_survives_a_server_that_is_away(make_toy, postgres_server, postgres_url):
    postgres_server.stop()
    try:
        client = Client(make_toy(DATABASE_URL=postgres_url))
        away = client.get("/things")
    finally:
        postgres_server.start()
    back = client.get("/things")

    assert (away.status_code, back.status_code) == (503, 200)


def test_restarted_server_costs_no_request(make_toy, postgres_server, postgres_url):
    client = Client(make_toy(DATABASE_URL=postgres_url))
    assert client.get("/things").status_code == 200

    postgres_server.stop()
    postgres_server.start()

    assert [client.get("/things").status_code for _ in range(3)] == [200, 200, 200]


def test_every_thread_has_a_connection(make_toy, db, at_once, database_settings):
    app = make_toy(**database_settings)

    def hold(_number):
        with app.test_request_context("/things"):
            return db.session.scalar(text("SELECT 1"))

    with app.app_context():
        held = [db.engine.connect() for _ in range(20)]

    assert at_once(20, hold) == [1] * 20
    for connection in held:
        connection.close()


# --- rows and locks


def test_missing_row_is_said_to_be_missing(http):
    response = http.get("/things/1")

    assert (response.status_code, response.json["detail"]) == (404, "There is no such thing.")


def test_row_that_was_deleted_while_we_waited_is_not_found(make_toy, db, thing, postgres_url):
    app = make_toy(DATABASE_URL=postgres_url)

    @app.patch("/things/<int:number>")
    def rename(number):
        db.get_or_404(thing, number).name  # noqa: B018  # it is loaded
        with psycopg.connect(postgres_url) as other:
            other.execute("DELETE FROM thing")
        locked = db.get_or_404(thing, number, lock=True)
        locked.name = "b"
        db.session.commit()
        return "", 204

    client = Client(app)
    client.post("/things", json={"name": "a"})

    assert client.patch("/things/1").status_code == 404


def test_row_that_vanishes_without_a_lock_is_a_conflict(make_toy, db, thing, postgres_url):
    app = make_toy(DATABASE_URL=postgres_url)

    @app.patch("/things/<int:number>")
    def rename(number):
        found = db.get_or_404(thing, number)
        with psycopg.connect(postgres_url) as other:
            other.execute("DELETE FROM thing")
        found.name = "b"
        db.session.commit()
        return "", 204

    client = Client(app)
    client.post("/things", json={"name": "a"})

    assert client.patch("/things/1").status_code == 409


def test_released_read_leaves_the_lock_to_others(make_toy, db, thing):
    app = make_toy()
    Client(app).post("/things", json={"name": "a"})
    with app.test_request_context("/things", method="POST"):
        found = db.session.scalar(select(thing))

        database.release()

        other = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)
        with closing(other):
            other.execute("BEGIN IMMEDIATE")
            assert found.name == "a", "what was loaded stays"
            other.execute("ROLLBACK")


def test_release_loses_no_change(make_toy, db, thing):
    with make_toy().test_request_context("/things", method="POST"):
        db.session.add(thing(name="a", size=1))

        with pytest.raises(RuntimeError, match="commit them"):
            database.release()


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"name": "a", "size": 1}, "uq_thing_name"),
        ({"name": "b", "size": -1}, "ck_thing_size"),
    ],
)
def test_violated_constraint_is_known_by_name(make_toy, db, thing, values, name, database_settings):
    with make_toy(**database_settings).app_context():
        db.session.add(thing(name="a", size=1))
        db.session.commit()
        db.session.add(thing(**values))
        with pytest.raises(IntegrityError) as caught:
            db.session.commit()
        db.session.rollback()

    assert violated(caught.value) == name


def test_broken_not_null_has_no_name_on_postgresql(make_toy, db, postgres_url):
    with make_toy(DATABASE_URL=postgres_url).app_context():
        with pytest.raises(IntegrityError) as caught:
            db.session.execute(text("INSERT INTO thing (name) VALUES ('a')"))
        db.session.rollback()

    assert violated(caught.value) is None


def test_writing_request_holds_the_lock_from_its_first_read(make_toy, db, thing):
    app = make_toy()
    with app.test_request_context("/things", method="POST"):
        db.session.scalars(select(thing)).all()
        other = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        db.session.rollback()


def test_reading_request_waits_for_nobody(make_toy, db, thing):
    app = make_toy()
    with app.test_request_context("/things", method="POST"):
        db.session.scalars(select(thing)).all()
        assert app.test_client().get("/things").status_code == 200
        db.session.rollback()


# --- moments


def test_moments_are_kept_in_utc_and_naive_ones_refused():
    column = UtcDateTime()
    dialect = type("Dialect", (), {"name": "sqlite"})()
    berlin = datetime(2026, 7, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    stored = column.process_bind_param(berlin, dialect)
    assert stored == datetime(2026, 7, 1, 12, 0)  # noqa: DTZ001  # as SQLite keeps it
    assert column.process_result_value(stored, dialect) == berlin
    with pytest.raises(ValueError, match="time zone"):
        column.process_bind_param(stored, dialect)


def test_plain_hint_of_a_moment_is_a_moment_in_utc():
    made = make_db()

    class Visit(made.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        began_at: Mapped[datetime]
        ended_at: Mapped[datetime | None]

    for name in ("began_at", "ended_at"):
        assert isinstance(Visit.__table__.c[name].type, UtcDateTime)
    assert datetime.now(UTC).tzinfo is UTC
