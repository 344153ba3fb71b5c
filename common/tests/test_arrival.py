"""What comes before a view: bodies, headers of proxies, and what is logged of a request."""

import os
import re
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from common.testing import wait_until

# --- bodies


def dial(url):
    """Open a connection to the server at this URL."""
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=20)


SLOW = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\nContent-Length: 60\r\n\r\n{"
KINDS = [
    b"application/json",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"text/plain",
]


@pytest.mark.parametrize("slow_path", [b"/things/asked", b"/uploads/asked"])
def test_slow_clients_hold_up_nobody_who_writes(serve_toy, slow_path):
    server = serve_toy(workers=1, threads=12)
    assert requests.get(f"{server.url}/things", timeout=20).status_code == 200
    with ExitStack() as stack:
        for kind in KINDS:
            connection = stack.enter_context(closing(dial(server.url)))
            connection.sendall(SLOW.replace(b"/things", slow_path) % kind)

        response = requests.post(f"{server.url}/things", json={"name": "quick"}, timeout=5)

    assert response.status_code == 201


def test_slow_clients_leave_connections_of_the_database_to_others(serve_toy, postgres_url):
    server = serve_toy(workers=1, threads=24, DATABASE_URL=postgres_url)
    with ExitStack() as stack:
        for _ in range(16):
            connection = stack.enter_context(closing(dial(server.url)))
            connection.sendall(SLOW.replace(b"/things", b"/things/asked") % b"application/json")

        response = requests.post(f"{server.url}/things", json={"name": "quick"}, timeout=20)

    assert response.status_code == 201


@pytest.mark.parametrize("path", ["/things", "/forms", "/uploads"])
def test_body_without_a_proper_end_is_a_400(serve_toy, path):
    server = serve_toy()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    broken = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nZZ\r\n"

    with closing(dial(server.url)) as connection:
        connection.sendall((head + broken).encode())
        answer = connection.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b"application/problem+json" in answer


def test_body_that_ends_early_is_a_400(serve_toy):
    server = serve_toy()

    with closing(dial(server.url)) as connection:
        connection.sendall(SLOW % b"application/json")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").readline()

    assert answer.startswith(b"HTTP/1.1 400 "), answer


def test_too_large_comes_before_what_was_sent(make_toy):
    client = make_toy(MAX_CONTENT_LENGTH=1024).test_client()

    for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        response = client.post("/things", data=b"x" * 2000, content_type=kind)
        assert response.status_code == 413, kind


def test_unknown_url_is_answered_before_the_body_is_read(serve_toy):
    server = serve_toy()

    with closing(dial(server.url)) as connection:
        connection.sendall(SLOW.replace(b"/things", b"/nothing") % b"application/json")
        answer = connection.makefile("rb").readline()

    assert answer.startswith(b"HTTP/1.1 404 "), answer


# --- gunicorn


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"SCRIPT_NAME": "/x"},
        {"PATH_INFO": "/x"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"},
    ],
    ids=str,
)
def test_header_of_a_client_is_no_variable_of_the_server(serve_toy, headers):
    server = serve_toy()

    response = requests.get(f"{server.url}/things", headers=headers, timeout=20)

    assert response.status_code == 200
    assert response.links["first"]["url"].startswith(f"{server.url}/things?")


@pytest.mark.usefixtures("serve_toy")  # it has written wsgi.py
def test_client_on_a_unix_socket_is_believed_no_more(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a Unix socket must be short
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:common.gunicorn", "wsgi:app"]
    settings = {"SECRET_KEY": "only-for-tests-" * 3, "INSTANCE_PATH": str(tmp_path)}
    settings["XDG_RUNTIME_DIR"] = str(tmp_path)
    server = subprocess.Popen([*gunicorn, "--bind", "unix:socket"], env={**os.environ, **settings})
    try:
        wait_until(Path("socket").exists, what="the socket")
        with closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.connect("socket")
            connection.sendall(
                b"GET /things HTTP/1.1\r\nHost: toys\r\nX-Forwarded-Proto: https\r\n"
                b"Connection: close\r\n\r\n"
            )
            answer = connection.makefile("rb").read()
    finally:
        server.terminate()
        server.wait(10)

    assert b"<http://toys/things?" in answer, answer
    assert not (tmp_path / "gunicorn.ctl").exists()


def test_long_request_line_is_read(serve_toy):
    server = serve_toy()

    response = requests.get(f"{server.url}/anything?q={'x' * 4100}", timeout=20)

    assert (response.status_code, response.text) == (200, "yes")


def test_libraries_are_loaded_once_for_all_workers(tmp_path):
    program = "import sys, common.gunicorn; print('sqlalchemy.orm' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    assert done.stdout == "True\n"


# --- proxies


def test_links_follow_the_proxy_that_is_trusted(make_toy):
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "toys.example",
        "X-Forwarded-Port": "8000",
    }

    trusting = make_toy(PROXY_HOPS="1").test_client().get("/things", headers=forwarded)
    careful = make_toy().test_client().get("/things", headers=forwarded)

    assert trusting.headers["Link"].startswith("<https://toys.example:8000/things?")
    assert careful.headers["Link"].startswith("<http://localhost/things?")


@pytest.mark.parametrize(
    ("settings", "prefix", "start"),
    [
        ({"PROXY_HOPS": "1", "PROXY_PREFIX": "1"}, "/toys", "<http://localhost/toys/things?"),
        ({"PROXY_HOPS": "1", "PROXY_PREFIX": "1"}, "/a/b-c.d", "<http://localhost/a/b-c.d/things?"),
        ({"PROXY_HOPS": "1", "PROXY_PREFIX": "1"}, "//evil.example", "<http://localhost/things?"),
        ({"PROXY_HOPS": "1", "PROXY_PREFIX": "1"}, "/a//evil", "<http://localhost/things?"),
        ({"PROXY_HOPS": "1", "PROXY_PREFIX": "1"}, "/..", "<http://localhost/things?"),
        (
            {"PROXY_HOPS": "1", "PROXY_PREFIX": "1"},
            "https://e.example",
            "<http://localhost/things?",
        ),
        ({"PROXY_HOPS": "1", "PROXY_PREFIX": "1"}, "/a, /\\evil", "<http://localhost/things?"),
        ({"PROXY_HOPS": "1"}, "/toys", "<http://localhost/things?"),
        ({"PROXY_PREFIX": "1"}, "/toys", "<http://localhost/things?"),
    ],
)
def test_prefix_is_a_path_and_trusted_by_a_setting_of_its_own(make_toy, settings, prefix, start):
    client = make_toy(**settings).test_client()

    response = client.get("/things", headers={"X-Forwarded-Prefix": prefix})

    assert response.headers["Link"].startswith(start), response.headers["Link"]


def test_proxy_before_a_real_server_says_scheme_host_and_port(serve_toy):
    server = serve_toy(PROXY_HOPS="1")
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "toys.example",
        "X-Forwarded-Port": "8000",
        "X-Forwarded-Prefix": "//evil.example",
    }

    response = requests.get(f"{server.url}/things", headers=forwarded, timeout=20)

    assert response.links["first"]["url"].startswith("https://toys.example:8000/things?")


def test_location_never_leads_to_a_host_that_a_client_named(make_toy):
    client = make_toy(PROXY_HOPS="1", PROXY_PREFIX="1").test_client()

    response = client.post(
        "/things", json={"name": "a"}, headers={"X-Forwarded-Prefix": "//evil.example"}
    )

    assert response.headers["Location"] == "/things/1"


# --- log lines

PROGRAM = """if True:
    import flask, runpy, sys
    config = {"TESTING": True, "PROPAGATE_EXCEPTIONS": False, "LOG_LEVEL": "INFO"}
    app = runpy.run_path(sys.argv[1])["toy"](config)

    @app.get("/fail")
    def fail():
        raise ValueError(flask.request.args["text"])

    client = app.test_client()
    client.get("/things", headers={"X-Request-ID": "find-me"})
    client.get("/x%0a[2026-12-01] ERROR in app: [-] forged%1b[31m%E2%80%AE")
    app.logger.warning("Nobody asks, and %s asks.", "no\\n\\x1b[31mbody")
    client.get("/fail?text=%0a[2026-12-01] ERROR in app: [-] forged%1b[31m")
"""


def test_requests_are_logged_with_their_id_on_lines_of_ours(tmp_path):
    """In a process of its own: where pytest listens to logs, Flask's handler is not used."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(Path(__file__).with_name("conftest.py"))],
        env={**os.environ, "INSTANCE_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    lines = run.stderr.splitlines()
    request, forged, other, failure = lines[:4]
    traceback = lines[4:-1]
    assert re.fullmatch(r"\[.+\] INFO in .+: \[find-me\] GET /things 200 in [0-9.]+ ms", request)
    assert "GET /x%0A%5B2026-12-01%5D%20ERROR" in forged
    assert other.endswith(": [-] Nobody asks, and no\\n\\x1b[31mbody asks.")
    assert failure.endswith("Exception on /fail [GET]")
    assert all(line.startswith("    ") for line in traceback), traceback
    assert traceback[-1] == "    [2026-12-01] ERROR in app: [-] forged\\x1b[31m"
    assert not set(run.stderr) & {"\x1b", "\u202e"}


def test_request_id_is_an_attribute_of_what_is_logged(make_toy, caplog):
    app = make_toy(LOG_LEVEL="INFO")
    app.test_client().get("/things", headers={"X-Request-ID": "find-me"})
    [record] = caplog.records
    assert record.request_id == "find-me"
    assert record.getMessage().startswith("GET /things 200 in ")


def test_development_server_writes_no_control_character(tmp_path):
    (tmp_path / "wsgi.py").write_text("import flask\napp = flask.Flask('x')\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "flask", "run", "--port", str(port)],
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
        try:
            wait_until(lambda: b"Running on" in log.read_bytes(), what="the server")
            with closing(dial(f"http://127.0.0.1:{port}")) as connection:
                connection.sendall(
                    b"GET /\x1b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                )
                connection.makefile("rb").read()
            wait_until(lambda: b"GET" in log.read_bytes(), what="the line")
        finally:
            server.terminate()
            server.wait(10)
    assert b"\x1b[31m HTTP" not in log.read_bytes()
