"""The tables at the start: made where they are missing, and looked at where they are there."""

import sqlite3
import threading
import time

from flask import Flask, request
from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.exc import DBAPIError

from common.errors import BUSY, Problem, meaning_of
from common.settings import SettingsError

START_SECONDS = 5  # that a start waits for the database
PAUSE = 0.05  # seconds between two tries
# The columns of all tables, by one query.
COLUMNS = {
    "sqlite": text(
        "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c"
        " WHERE m.type = 'table'"
    ),
    "postgresql": text(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema()"
    ),
}


def make_at_start(app: Flask, engine: Engine, metadata: MetaData) -> None:
    """Make the tables now, or, if the database stays away, before the first request that can.

    A database that is busy or away is tried for ``START_SECONDS``: processes that start together,
    or after it, must not end. Then the application starts all the same, and answers 503, but for
    the endpoints in ``app.extensions["common_needs_no_tables"]``.
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            make_tables(engine, metadata)
            return
        except (DBAPIError, sqlite3.Error) as error:
            if meaning_of(error) is None:
                raise
            if time.monotonic() > deadline:
                app.logger.error("started without the database: %s", error)
                break
        time.sleep(PAUSE)

    app.extensions["common_lacks_tables"] = True
    one_at_a_time = threading.Lock()

    @app.before_request
    def make_tables_first() -> None:
        if not app.extensions["common_lacks_tables"]:
            return
        if request.endpoint in app.extensions.get("common_needs_no_tables", ()):
            return
        if not one_at_a_time.acquire(blocking=False):  # another request is waiting for the database
            raise Problem(*BUSY, headers={"Retry-After": "1"})
        try:
            make_tables(engine, metadata)  # raises what becomes a 503
            app.extensions["common_lacks_tables"] = False
        except SettingsError as error:  # it would end this thread, and the client had no answer
            raise RuntimeError(error.text) from None
        finally:
            one_at_a_time.release()


def make_tables(engine: Engine, metadata: MetaData) -> None:
    """Create the tables that are missing; only read where all are there. Safe for many at once.

    ``MetaData.create_all`` does it, so that DDL events fire. A table that lacks a column stops the
    start with one clear line (SettingsError): to change a schema is the work of a migration.
    """
    with engine.connect().execution_options(only_reads=True) as connection:
        if _has_tables(connection, metadata):
            return
    with engine.execution_options(only_reads=False).begin() as connection:  # SQLite's lock
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(45)"))
        metadata.create_all(connection)


def _has_tables(connection: Connection, metadata: MetaData) -> bool:
    stored: dict[str, set[str]] = {}
    for table_name, column_name in connection.execute(COLUMNS[connection.dialect.name]):
        stored.setdefault(table_name, set()).add(column_name)
    for table in metadata.sorted_tables:
        if table.name not in stored:
            continue
        for column in table.columns:
            if column.name not in stored[table.name]:
                place = f"table {table.name} in {connection.engine.url!r}"
                raise SettingsError(
                    f"Cannot start:\n  {place} lacks column {column.name}: "
                    "migrate it, or move the file away to begin anew."
                )
    return metadata.tables.keys() <= stored.keys()
