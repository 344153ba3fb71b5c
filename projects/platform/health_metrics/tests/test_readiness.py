"""What the checks find, and that none of them breaks the others."""

import logging
from functools import partial

import pytest
from sqlalchemy import create_engine, text

from common import tables
from health_metrics import create_app, readiness
from health_metrics.metrics import REQUESTS
from health_metrics.models import db
from health_metrics.readiness import NotReady
from health_metrics.shared import SharedNumbers, key_of

run_checks = partial(readiness.run_checks, log=logging.getLogger("tests"))


def fail(error):
    def check():
        raise error

    return check


def test_checks_are_made_in_order_and_timed():
    made = []

    done = run_checks({name: lambda it=name: made.append(it) for name in "cab"})

    assert made == ["c", "a", "b"]
    assert [(check.name, check.ok, check.reason) for check in done] == [
        (name, True, None) for name in "cab"
    ]
    assert all(check.seconds >= 0 for check in done)


def test_words_of_not_ready_are_shown():
    [check] = run_checks({"disk": fail(NotReady("2 MB are free"))})

    assert (check.ok, check.reason) == (False, "2 MB are free")


def test_words_of_other_exceptions_are_kept_for_log(caplog):
    error = OSError("cannot connect as admin:hunter2")

    [check, after] = run_checks({"database": fail(error), "disk": lambda: None})

    assert (check.ok, check.reason) == (False, "failed")
    assert after.ok
    assert "cannot connect as admin:hunter2" in caplog.text


def test_disk_with_just_enough_space_is_ready(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 100_000_000}))

    readiness.check_disk(str(tmp_path), 100)
    with pytest.raises(NotReady, match=r"100 MB .* 101 MB"):
        readiness.check_disk(str(tmp_path), 101)


def test_counts_that_cannot_be_written_are_not_ready(tmp_path):
    (tmp_path / "file").touch()
    shared = SharedNumbers(tmp_path / "file" / "metrics")
    readiness.check_metrics(shared)

    shared.add("things_total", 1)

    with pytest.raises(NotReady, match=r"counts are in memory alone: Not a directory$"):
        readiness.check_metrics(shared)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("DROP TABLE snapshot", "table snapshot is missing"),
        ("ALTER TABLE snapshot DROP COLUMN slow", "column snapshot.slow is missing"),
    ],
)
def test_schema_that_lacks_something_is_not_ready(client, app, change, missing):
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(change))

    [check] = [it for it in client.get("/ready").json["checks"] if not it["ok"]]

    assert (check["name"], check["reason"]) == ("migrations", missing)


def test_database_that_cannot_be_opened_fails(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/there/is/no/folder.sqlite")

    [check] = run_checks({"database": lambda: readiness.check_database(engine)})

    assert (check.ok, check.reason) == (False, "failed")


def test_liveness_asks_database_nothing(client, max_queries):
    with max_queries(0):
        client.get("/health")


def test_start_without_database_is_alive_and_counted_but_not_ready(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "START_SECONDS", 0)
    away = "postgresql://nobody:hunter2@127.0.0.1:1/nothing"
    app = create_app({"TESTING": True, "INSTANCE_PATH": tmp_path, "DATABASE_URL": away})
    client = app.test_client()

    assert client.get("/health").status_code == 200, "no restart brings the database back"
    assert client.get("/ready", buffered=True).status_code == 503
    totals = app.extensions["metrics"].shared.totals()
    labels = (("method", "GET"), ("route", "/ready"), ("status", "503"))
    assert totals[key_of(REQUESTS, labels)] == 1, "refused before its view, yet with its route"


def test_scrape_asks_database_nothing(client, max_queries):
    with max_queries(0):
        client.get("/metrics")
