"""One Flask-SQLAlchemy object per project, with the habits that all of them share.

SQLite runs with foreign keys on, in WAL mode, and waits for a lock instead of failing. A
transaction that may write begins ``IMMEDIATE``: it takes the write lock before its first read, so
what it read is still true when it writes. Only a GET, HEAD or OPTIONS request begins as a reader;
where such a request writes after all, the write must be its first statement. Outside of requests
(commands, jobs) a transaction holds the write lock from its first query to its commit: commit
before long work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, event, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable
from sqlalchemy.types import TypeDecorator

from common.settings import SettingsError

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def make_db() -> SQLAlchemy:
    """Return a new ``db`` with metadata of its own; objects stay loaded after a commit."""

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING_CONVENTION)

    return SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in and out, stored in UTC. A naive datetime is refused with ValueError."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use ``timestamptz`` on PostgreSQL; SQLite has no zone to keep."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give UTC back on the way out."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def init_app(app: Flask, db: SQLAlchemy) -> None:
    """Connect ``db`` to ``app`` and bring the schema up to date."""
    default = f"sqlite:///{Path(app.instance_path) / (app.name + '.sqlite')}"
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"] or default
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _configure_sqlite)
            event.listen(db.engine, "begin", _begin)
        upgrade(db.engine, db.metadata)


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 must not begin transactions: _begin does
    for pragma in (
        "foreign_keys = ON",
        "busy_timeout = 10000",
        "journal_mode = WAL",
        "synchronous = NORMAL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    reads = has_request_context() and request.method in SAFE_METHODS
    dbapi = connection.connection.dbapi_connection
    dbapi.execute("BEGIN" if reads else "BEGIN IMMEDIATE")  # type: ignore[union-attr]  # sqlite3's


def upgrade(engine: Engine, metadata: MetaData) -> None:
    """Create what is missing: tables, columns that may be empty, indexes. Safe for many at once.

    Anything that cannot be added without thought stops the start with one clear line
    (SettingsError); a real change of a schema in production is a migration.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(45)"))  # one starter at a time
        present = inspect(connection)
        tables = set(present.get_table_names())
        for table in metadata.sorted_tables:
            if table.name not in tables:
                connection.execute(CreateTable(table))
            known = (
                {column["name"] for column in present.get_columns(table.name)}
                if table.name in tables
                else None
            )
            for column in table.columns:
                if known is None or column.name in known:
                    continue
                if not column.nullable and column.server_default is None:
                    raise SettingsError(
                        f"Cannot start:\n  table {table.name} in {engine.url!r} lacks column "
                        f"{column.name}: migrate it, or move the file away to begin anew."
                    )
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(text(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}'))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


def insert(db: SQLAlchemy, model: type[Any]) -> Any:
    """Return an INSERT that may go on with ``on_conflict_do_nothing`` or ``…_do_update``.

    SQLAlchemy has that once for each database.
    """
    return import_module(f"sqlalchemy.dialects.{db.engine.dialect.name}").insert(model)


def violated(error: IntegrityError) -> str | None:
    """Return the name of the constraint that ``error`` is about, where the database tells it.

    SQLite names the columns of a broken unique constraint, not the constraint: the naming
    convention gives the name. It says nothing about which foreign key broke.
    """
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name)
    kind, _, detail = str(error.orig).partition(" constraint failed: ")
    if kind == "UNIQUE" and not detail.startswith("index "):
        columns = [part.split(".") for part in detail.split(", ")]
        return "_".join(["uq", columns[0][0], *(column for _, column in columns)])
    return detail.removeprefix("index ").strip("'") or None


@contextmanager
def count_queries(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that ``engine`` executes in the ``with`` block."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
