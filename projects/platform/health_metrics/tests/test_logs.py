"""The log is one JSON object a line."""

import json

import pytest


@pytest.fixture
def lines(capsys):
    """Return what has been logged since the last time."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_request_is_line_with_its_id_and_route(client, lines):
    client.get("/demo/items/7?x=1", headers={"X-Request-ID": "from-the-proxy"})

    [line] = lines()
    assert line["request_id"] == "from-the-proxy"
    assert (line["method"], line["path"]) == ("GET", "/demo/items/7")
    assert line["route"] == "/demo/items/<int:item_id>"
    assert line["message"].startswith("GET /demo/items/7 422 in ")
    assert line["level"] == "INFO"
    assert line["time"].endswith("+00:00")


def test_exception_is_one_line_with_its_traceback(client, lines):
    request_id = client.get("/demo/items/7?fault=crash").headers["X-Request-ID"]

    [error, request] = lines()
    assert "RuntimeError: a fault that was asked for" in error["traceback"]
    assert error["request_id"] == request["request_id"] == request_id


def test_path_cannot_forge_line(client, lines):
    client.get("/%0A%7B%22level%22:%20%22ERROR%22%7D")

    [line] = lines()
    assert line["path"] == '/\n{"level": "ERROR"}'


def test_line_outside_of_request_has_no_request(app, lines):
    app.logger.warning("the disk is %d %% full", 99)

    [line] = lines()
    assert line["message"] == "the disk is 99 % full"
    assert "request_id" not in line


@pytest.mark.settings(DISK_FREE_MB="1000000000")
def test_failed_check_is_logged_with_its_reason(client, lines):
    client.get("/ready")

    warning = lines()[0]
    assert warning["message"] == "not ready: disk"
    assert "1000000000 MB are needed" in warning["traceback"]
