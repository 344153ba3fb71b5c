"""Whether this process may get requests: what it needs is tried, one thing after the other."""

import shutil
import time
from collections.abc import Callable, Mapping
from logging import Logger

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, MetaData, inspect, text

from .schemas import Check
from .shared import SharedNumbers


class NotReady(Exception):
    """What is missing, in words that strangers may read."""


def run_checks(checks: Mapping[str, Callable[[], object]], log: Logger) -> list[Check]:
    """Call each check, in order, and return what came of it; never raise.

    A check that returns is ok, whatever it returns. One that raises is not, and the others are
    still made. ``seconds`` is how long it took, by ``time.perf_counter``. ``reason`` is None for
    what is ok, the text of a `NotReady`, and for any other exception ``"failed"``: its text may
    name hosts, users and passwords. The exception goes to ``log``, as a warning with ``exc_info``.
    """
    done = []
    for name, check in checks.items():
        begin = time.perf_counter()
        reason = None
        try:
            check()
        except Exception as error:  # whatever it is, the check has failed
            reason = str(error) if isinstance(error, NotReady) else "failed"
            log.warning("not ready: %s", name, exc_info=error)
        seconds = time.perf_counter() - begin
        done.append(Check(name=name, ok=reason is None, seconds=seconds, reason=reason))
    return done


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
        there = {column["name"] for column in present.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                raise NotReady(f"column {column} is missing")


def check_queue(url: str) -> None:
    """Ask the queue's server for an answer within a second, once."""
    with Redis.from_url(
        url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    ) as queue:
        queue.ping()


def check_disk(folder: str, least_mb: int) -> None:
    """Raise `NotReady` where the disk of ``folder`` has less than ``least_mb`` megabytes free.

    A megabyte has 1,000,000 bytes. The reason says how many are free and how many are needed.
    """
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < least_mb:
        raise NotReady(f"{free_mb} MB are free, {least_mb} MB are needed")


def check_metrics(shared: SharedNumbers) -> None:
    """Raise `NotReady` where what this process counts cannot be written, and is lost with it."""
    if shared.failure is not None:
        raise NotReady(f"counts are in memory alone: {shared.failure.strerror}")
