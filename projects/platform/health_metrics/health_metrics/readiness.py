"""Whether this process may get requests: what it needs is tried, one thing after the other."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, MetaData, inspect, text

MEGABYTE = 1_000_000
QUEUE_SECONDS = 1


class NotReady(Exception):
    """What is missing, in words that strangers may read."""


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one check."""

    name: str
    ok: bool
    seconds: float
    reason: str | None = None
    error: Exception | None = None


def run_checks(checks: Mapping[str, Callable[[], object]]) -> list[Check]:
    """Call each check, in order, and return what came of it; never raise.

    A check that returns is ok, whatever it returns. One that raises is not, and the others are
    still made. ``seconds`` is how long it took, by ``time.perf_counter``. ``reason`` is None for
    what is ok, the text of a `NotReady`, and for any other exception ``"failed"``: its text may
    name hosts, users and passwords. ``error`` is the exception, for the log.
    """
    done = []
    for name, check in checks.items():
        began = time.perf_counter()
        error: Exception | None = None
        try:
            check()
        except Exception as raised:  # noqa: BLE001  # the route logs it
            error = raised
        seconds = time.perf_counter() - began
        done.append(Check(name, error is None, seconds, _reason(error), error))
    return done


def _reason(error: Exception | None) -> str | None:
    if error is None:
        return None
    return str(error) if isinstance(error, NotReady) else "failed"


def check_database(engine: Engine) -> None:
    """Ask the database for something, on a connection of its own."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def check_migrations(engine: Engine, metadata: MetaData) -> None:
    """Raise `NotReady` where the database lacks a table or a column that the code knows."""
    present = inspect(engine)
    for table in metadata.sorted_tables:
        if not present.has_table(table.name):
            raise NotReady(f"table {table.name} is missing")
        columns = {column["name"] for column in present.get_columns(table.name)}
        for missing in sorted({*table.columns.keys()} - columns):
            raise NotReady(f"column {table.name}.{missing} is missing")


def check_queue(url: str) -> None:
    """Ask the queue's server for an answer within a second, once."""
    with Redis.from_url(
        url,
        socket_timeout=QUEUE_SECONDS,
        socket_connect_timeout=QUEUE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    ) as queue:
        queue.ping()


def check_disk(folder: Path, least_mb: int) -> None:
    """Raise `NotReady` where the disk of ``folder`` has less than ``least_mb`` megabytes free.

    A megabyte has 1,000,000 bytes. The reason says how many are free and how many are needed.
    """
    free_mb = shutil.disk_usage(folder).free // MEGABYTE
    if free_mb < least_mb:
        raise NotReady(f"{free_mb} MB are free, {least_mb} MB are needed")
