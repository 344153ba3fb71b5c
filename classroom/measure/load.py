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
GUNICORN = (
    "--workers=1",
    f"--threads={CONNECTIONS}",
    "--keep-alive=60",
    "--log-level=error",
    "--no-control-socket",
)
SECONDS = 30  # to answer at all
WARM_UP = 10  # requests of a connection that are not counted
SHOWN = 2000  # characters of what a server has said
ROUND = 50  # requests of which the mean is taken
END = b"\r\n\r\n"  # of an answer's head
ERROR = 400


@contextmanager
def serving(app: str, folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Serve an application by gunicorn, one worker, on loopback; give its port.

    What it says (health_metrics has a line for each request) is shown if something goes wrong.
    """
    with tempfile.TemporaryFile() as log:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            port: int = listener.getsockname()[1]
            command = [sys.executable, "-m", "gunicorn", app, *GUNICORN]
            command += ["--bind", f"fd://{listener.fileno()}"]
            server = subprocess.Popen(
                command,
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
    host = f"127.0.0.1:{port}"
    message = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()

    def client(_: int) -> float:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            for _ in range(WARM_UP):
                ask(connection, message)
            count = 0
            passed = 0.0
            began = time.perf_counter()
            while passed < seconds:
                ask(connection, message)
                count += 1
                passed = time.perf_counter() - began
        return count / passed

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(client, range(CONNECTIONS)))


def ask(connection: socket.socket, message: bytes) -> bytes:
    """Send a request and return the body of the answer; OSError if that is an error or none.

    http.client would do it, but takes as long as a server in Python takes for its part.
    """
    connection.sendall(message)
    got = b""
    while END not in got:
        got += received(connection)
    head, _, body = got.partition(END)
    lines = head.lower().split(b"\r\n")
    status = int(lines[0].split()[1])
    if status >= ERROR:
        raise OSError(f"The server answers {lines[0].decode()}")
    fields = dict(line.split(b":", 1) for line in lines[1:])
    length = int(fields[b"content-length"])
    while len(body) < length:
        body += received(connection)
    return body


def received(connection: socket.socket) -> bytes:
    """Return the next bytes; OSError if the server has closed the connection."""
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError("The server closes the connection.")
    return data


def load(app: str) -> Any:
    """Return the application that gunicorn would serve: ``module:name`` or ``module:name(…)``."""
    name, _, expression = app.partition(":")
    module = import_module(name)
    called = ast.parse(expression, mode="eval").body
    if isinstance(called, ast.Call) and isinstance(called.func, ast.Name):
        make = getattr(module, called.func.id)
        arguments = [ast.literal_eval(argument) for argument in called.args]
        return make(*arguments)
    return getattr(module, expression)


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
    if int(status[:3]) >= ERROR:
        raise OSError(f"{path} answers {status}")
    location = headers.get("Location")
    content = None if location else json.loads(body)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "answer": {"location": location, "body": content},
        "microseconds": statistics.median(taken[1:]) * 1e6,  # the first warms up
        "megabytes": peak / unit,
    }


if __name__ == "__main__":
    sys.path.insert(0, ".")
    name, path, requests = sys.argv[1:]
    found = in_process(load(name), path, int(requests))
    print(json.dumps(found))
