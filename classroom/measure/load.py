"""Ask one application the same thing many times: over HTTP, or in this process.

``python -m classroom.measure.load APP PATH REQUESTS`` calls the application without a server and
prints the microseconds of a request and the peak of memory, as JSON. APP is what gunicorn takes.
"""

import ast
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

CONNECTIONS = 4
GUNICORN = ["--workers", "1", "--threads", str(CONNECTIONS), "--keep-alive", "60"]
SECONDS = 30  # to answer at all
WARM_UP = 10  # requests of a connection that are not counted
SHOWN = 2000  # characters of what a server has said
ROUND = 50  # requests of which the mean is taken


@contextmanager
def serving(app: str, folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Serve an application by gunicorn, one worker, on loopback; give its port.

    What it says (health_metrics has a line for each request) is shown if something goes wrong.
    """
    with tempfile.TemporaryFile() as log:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            port: int = listener.getsockname()[1]
            bind = ["--bind", f"fd://{listener.fileno()}", "--log-level", "error"]
            gunicorn = [sys.executable, "-m", "gunicorn", app, *GUNICORN, "--no-control-socket"]
            server = subprocess.Popen(
                [*gunicorn, *bind],
                cwd=folder,
                env=dict(environment),
                pass_fds=[listener.fileno()],
                stderr=log,
            )
        try:
            yield port
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace")[-SHOWN:])
            raise
        finally:
            server.terminate()
            server.wait()


def rate(port: int, path: str, seconds: float) -> float:
    """Return the answers per second over CONNECTIONS connections that are kept open."""
    message = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()

    def client(_: int) -> float:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            for _ in range(WARM_UP):
                ask(connection, message)
            count, began = 0, time.perf_counter()
            while (passed := time.perf_counter() - began) < seconds:
                ask(connection, message)
                count += 1
        return count / passed

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(client, range(CONNECTIONS)))


def ask(connection: socket.socket, message: bytes) -> bytes:
    """Send a request and return the body of the answer; OSError if that is an error or none.

    http.client would do it, but takes as long as a server in Python takes for its part.
    """
    connection.sendall(message)
    got = b""
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += received(connection)
    first, *headers = got[:end].lower().split(b"\r\n")
    if not b"200" <= first.split()[1] < b"400":
        raise OSError(f"The server answers {first.decode()}")
    [length] = [int(line[15:]) for line in headers if line.startswith(b"content-length:")]
    while len(got) < end + 4 + length:
        got += received(connection)
    return got[end + 4 :]


def received(connection: socket.socket) -> bytes:
    """Return the next bytes; OSError if the server has closed the connection."""
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError("The server closes the connection.")
    return data


def load(app: str) -> Any:
    """Return the application that gunicorn would serve: ``module:name`` or ``module:name(…)``."""
    module, _, expression = app.partition(":")
    called = ast.parse(expression, mode="eval").body
    if isinstance(called, ast.Call) and isinstance(called.func, ast.Name):
        arguments = [ast.literal_eval(argument) for argument in called.args]
        return getattr(import_module(module), called.func.id)(*arguments)
    return getattr(import_module(module), expression)


def in_process(app: Any, path: str, requests: int) -> dict[str, Any]:
    """Return what the application answers, the processor time of a request, the memory it takes.

    ``answer`` has the JSON, or where it redirects to; then microseconds (the median of rounds) and
    megabytes (of the process, at its peak).
    """
    taken = []
    for _ in range(max(2, requests // ROUND)):
        began = time.process_time()
        for _ in range(ROUND):
            environ = EnvironBuilder(path=path).get_environ()
            chunks, status, headers = run_wsgi_app(app, environ)
            body = b"".join(chunks)
        taken.append((time.process_time() - began) / ROUND)
    if status >= "400":
        raise OSError(f"{path} answers {status}")
    location = headers.get("Location")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "answer": {"location": location, "body": None if location else json.loads(body)},
        "microseconds": statistics.median(taken[1:]) * 1e6,  # the first warms up
        "megabytes": peak / (1 << 20 if sys.platform == "darwin" else 1 << 10),
    }


if __name__ == "__main__":
    sys.path.insert(0, ".")
    print(json.dumps(in_process(load(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
