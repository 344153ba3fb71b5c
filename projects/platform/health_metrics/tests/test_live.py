"""Several processes, and the end of them, under a real server."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
import requests

from common.testing import wait_until
from common.testing.servers import Server

SLOW = "/demo/items/1?milliseconds=1000"
SETTINGS = {"ENVIRONMENT": "development", "DISK_FREE_MB": "0", "LOG_LEVEL": "WARNING"}


def owners(folder):
    """Return the process that holds each file of numbers; 0 where none does."""
    held = {}
    for line in Path("/proc/locks").read_text("ascii").splitlines():
        fields = line.split()
        held[fields[5].rpartition(":")[2]] = int(fields[4])
    files = (folder / "metrics").glob("*.numbers")
    return {path.name: held.get(str(path.stat().st_ino), 0) for path in files}


def test_processes_add_up_and_one_that_is_killed_loses_nothing(live, at_once, tmp_path):
    api = live(workers=2, DRAIN_SECONDS="0", **SETTINGS)
    folder = tmp_path / "live"
    killed = threading.Event()

    def total(pattern):
        found = re.findall(pattern + r" ([\d.]+)", requests.get(f"{api}/metrics", timeout=30).text)
        return sum(map(float, found))

    def answered():
        return total(r'http_requests_total\{.*items.*status="200"\}')

    def visit(number):
        return requests.get(f"{api}/demo/items/{number}", timeout=30).status_code

    def end_slowly(_number):
        with suppress(requests.RequestException):  # half of them lose their process
            while not killed.is_set():
                requests.get(api + SLOW, timeout=30)

    wait_until(
        lambda: at_once(20, visit) and len(owners(folder)) == 2, 30, "counts of two processes"
    )
    wait_until(lambda: total("http_requests_in_flight") == 1, 10, "the end of all requests")
    before = answered()
    assert at_once(100, visit) == [200] * 100
    # An answer is counted when the server has sent it: the client may be faster.
    wait_until(lambda: answered() == before + 100, 10, "a hundred counts")

    slow = threading.Thread(target=at_once, args=(8, end_slowly))
    slow.start()
    wait_until(lambda: total("http_requests_in_flight") > 5, 10, "slow requests")
    victims = owners(folder)
    victim = victims["0.numbers"]
    os.kill(victim, signal.SIGKILL)
    killed.set()
    slow.join()
    wait_until(
        lambda: at_once(20, visit) and owners(folder)["0.numbers"] not in (0, victim),
        30,
        "a successor",
    )

    wait_until(lambda: answered() >= before + 120, 10, "the counts of the dead and of the living")
    wait_until(
        lambda: total("http_requests_in_flight") == 1, 10, "the dead to have nothing in hand"
    )
    assert owners(folder).keys() == victims.keys(), "the successor has the place of the dead"


@pytest.fixture
def server(project, tmp_path):
    running = Server(project.root, tmp_path, SETTINGS | {"DRAIN_SECONDS": "1.5"}, 2, 8)
    yield running
    running.stop()


def test_sigterm_under_load_drops_no_request(server, at_once):
    told = threading.Event()  # a load balancer that has seen a 503
    said, good = [], []

    def probe():
        response = requests.get(f"{server.url}/ready", timeout=30)
        if response.status_code == 503:
            said.append(response.json()["detail"])
            told.set()

    def one(number):
        if number == 0:  # the load balancer; its last request is still in hand when all else ends
            wait_until(lambda: probe() or told.is_set(), 30, "a 503 of /ready")
            assert requests.get(server.url + SLOW, timeout=30).status_code == 200
        elif number == 1:
            wait_until(lambda: len(good) > 100, 30, "load")
            server.process.send_signal(signal.SIGTERM)
        else:
            with requests.Session() if number % 2 else nullcontext() as session:
                while not told.is_set():  # on one connection, or on a new one each time
                    get = session.get if session else requests.get
                    response = get(f"{server.url}/demo/items/1?milliseconds=20", timeout=30)
                    assert response.status_code == 200
                    good.append(response)

    at_once(10, one)  # a refused or broken connection is an exception

    assert said == ["Not ready: shutting down."]
    assert server.process.wait(10) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/health", timeout=5)


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """Let servers that start now have a disk of one block for their numbers."""
    folder = tmp_path / "live/metrics"
    folder.mkdir(parents=True)
    unshare = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "small", str(folder)]
    if subprocess.run([*unshare, *mount], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount; test_shared.py has a disk that is full")
    python = tmp_path / "python"
    command = [*unshare, "sh", "-c", f'{shlex.join(mount)} && exec "$@"', "sh", sys.executable]
    python.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))


@pytest.mark.usefixtures("small_disk")
def test_full_disk_ends_no_process_and_is_told(live, at_once, tmp_path):
    api = live(workers=2, **SETTINGS)

    def visit(number):
        path = ("health", "demo/items/1", "slo", "nowhere")[number % 4]
        return requests.get(f"{api}/{path}", timeout=30).status_code

    responses = [*at_once(20, visit), *at_once(20, visit)]

    assert sorted(set(responses)) == [200, 404], "counting is never why a request fails"
    ready = requests.get(f"{api}/ready", timeout=30)
    assert ready.status_code == 503
    [metrics] = [check for check in ready.json()["checks"] if not check["ok"]]
    assert metrics["name"] == "metrics"
    assert metrics["reason"] == "counts are in memory alone: No space left on device"
    # It is seen where it was counted: each process has its own memory.
    counted = 'http_requests_total{method="GET",route="/ready",status="503"}'
    wait_until(lambda: counted in requests.get(f"{api}/metrics", timeout=30).text, 30, counted)
    [log] = (tmp_path / "live").glob("server-*.log")
    assert "SIG" not in log.read_text("utf-8"), "no process was ended by a signal"
