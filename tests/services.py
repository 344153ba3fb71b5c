"""The projects' own tests on PostgreSQL and on a Redis-compatible server: ``-p tests.services``.

Each process of the test run starts both servers, from wheels, in a temporary folder, reached by
Unix sockets alone. Before each test the database is emptied and the other server flushed: they are
this process's, and nobody else's.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from common.testing import postgres, valkey


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of the servers of this process."""
    # A socket's path must be short: the folder of pytest is too long for it.
    with tempfile.TemporaryDirectory(prefix="services-") as name:
        folder = Path(name)
        with postgres.running(folder / "postgres") as server, valkey.running() as redis:
            yield {"DATABASE_URL": server.url, "REDIS_URL": redis}


@pytest.fixture
def app_settings(app_settings: dict[str, str], servers: dict[str, str]) -> dict[str, str]:
    """What the test asks for, and the empty servers."""
    with psycopg.connect(servers["DATABASE_URL"], autocommit=True) as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tests'"
        connection.execute(f"{others} AND pid <> pg_backend_pid()")
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    with Redis.from_url(servers["REDIS_URL"]) as redis:
        redis.flushall()
    return {**servers, **app_settings}
