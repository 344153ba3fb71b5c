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
from typing import Any, TypeVar

from flask import Flask, current_app, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from common import tables

T = TypeVar("T")
NO_ROW = "There is no such thing."
BUSY_SECONDS = 10  # that a transaction waits for SQLite's lock

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


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


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, with the words and the lock that all projects want."""

    def get_or_404(
        self,
        entity: type[T],
        ident: Any,
        *,
        description: str | None = NO_ROW,
        lock: bool = False,
        **options: Any,
    ) -> T:
        """Return the row of a primary key, or answer 404.

        With ``lock`` it is read as it is now, and nobody else changes or deletes it before the end
        of the transaction (SELECT … FOR UPDATE; on SQLite a request that may write has the whole
        database). One that was deleted while we waited is a 404.
        """
        if lock:
            options["with_for_update"] = True
            options["populate_existing"] = True
        return super().get_or_404(entity, ident, description=description, **options)

    def first_or_404(self, statement: Any, *, description: str | None = NO_ROW) -> Any:
        """Return the first row of a statement, or answer 404."""
        return super().first_or_404(statement, description=description)


def make_db() -> Database:
    """Return a new ``db`` with metadata of its own; objects stay loaded after a commit.

    A column ``Mapped[datetime]`` is a ``UtcDateTime``.
    """

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING_CONVENTION)

    Base.registry.update_type_annotation_map({datetime: UtcDateTime})
    return Database(model_class=Base, session_options={"expire_on_commit": False})


def init_app(app: Flask, db: SQLAlchemy) -> None:
    """Connect ``db`` to ``app`` and see to it that its tables are there.

    While the database is busy or away, the application answers 503 (``common.tables``).
    """
    default = f"sqlite:///{Path(app.instance_path) / (app.name + '.sqlite')}"
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"] or default
    # A thread has one connection at most, so there are never more of them than threads: a lower
    # limit would only let threads wait for each other.
    options: dict[str, Any] = {"max_overflow": -1}
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        options["pool_pre_ping"] = True  # a restarted server is noticed before a request fails
        options["connect_args"] = {"connect_timeout": 5}
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", options)
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _configure_sqlite)
            event.listen(engine, "begin", _begin)
        tables.make_at_start(app, engine, db.metadata)


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 must not begin transactions: _begin does
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA synchronous = NORMAL")
    # Where another process does the same at this moment, this one does not wait: the start does.
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("only_reads")
    if reads is None:
        reads = has_request_context() and request.method in SAFE_METHODS
    dbapi = connection.connection.dbapi_connection
    dbapi.execute("BEGIN" if reads else "BEGIN IMMEDIATE")  # type: ignore[union-attr]  # sqlite3's


def release() -> None:
    """End the transaction of a read before slow work, such as a request to another service.

    While it is open, nobody else can write to SQLite, or has this connection to PostgreSQL. What
    was loaded stays. Raises RuntimeError if something has been changed: commit that first.
    """
    session = current_app.extensions["sqlalchemy"].session
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("There are changes in the session: commit them before the slow work.")
    session.commit()


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
        name: str | None = diagnosis.constraint_name
        return name
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
