"""Real servers and real clients at once, for what one process cannot show."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
STOP_SECONDS = 10


def wait_until(check: Callable[[], T], timeout: float = 10, what: str = "") -> T:
    """Call ``check`` until it is true and return its value; AssertionError after ``timeout`` s."""
    deadline = time.monotonic() + timeout
    while not (value := check()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {timeout} s in vain for {what or check}")
        time.sleep(0.02)
    return value


def at_once(number: int, call: Callable[[int], T]) -> list[T]:
    """Call ``call(0)`` … ``call(number - 1)`` from threads released together; results in order."""
    barrier = threading.Barrier(number)

    def one(index: int) -> T:
        barrier.wait()
        return call(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


class Server:
    """A project under gunicorn on loopback, several processes on one data folder."""

    def __init__(
        self, root: Path, folder: Path, settings: Mapping[str, str], workers: int, threads: int
    ) -> None:
        self.log = folder / f"server-{id(self)}.log"
        # Clients may connect before it is up.
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "python:common.gunicorn",
            "wsgi:app",
            "--bind",
            f"fd://{listener.fileno()}",
        ]
        command += ["--workers", str(workers), "--threads", str(threads)]
        environment = {
            **os.environ,
            "INSTANCE_PATH": str(folder),
            "SECRET_KEY": "only-for-tests-" * 3,
            **settings,
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=log,
                cwd=root,
            )
        listener.close()

    def stop(self) -> None:
        """End it in order; kill it when it does not follow."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
