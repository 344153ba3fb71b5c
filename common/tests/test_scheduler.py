"""The scheduler as a process of its own, beside `flask run`, and in tests."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from common.testing import wait_until as wait_for
from common.testing.backend import InProcess

wait_until = partial(wait_for, timeout=30)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tests lock files by fcntl")

SAMPLE = '''
"""A project whose scheduler writes down what it does, and fails at every second tick."""

import fcntl
import os
from pathlib import Path

from flask import Flask, current_app

import common
from common import scheduler

count = 0


def create_app(config=None):
    app = Flask(__name__)
    common.init_app(app, config)
    scheduler.init_app(app, tick, every=0.05)
    return app


def tick():
    global count
    count += 1
    with Path(current_app.instance_path, "ticks").open("a") as file:
        print("begins", count, os.getpid(), file=file, flush=True)
        with Path(current_app.instance_path, "gate").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_SH)
        print("ends", count, os.getpid(), file=file, flush=True)
    if count % 2:
        raise ValueError("out of paper")
'''


@pytest.fixture
def sample(tmp_path, monkeypatch) -> Iterator[Path]:
    """The folder of the project; its instance folder is there."""
    (tmp_path / "sample_ticks").mkdir()
    (tmp_path / "sample_ticks" / "__init__.py").write_text(SAMPLE)
    (tmp_path / "instance").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("sample_ticks", None)


@pytest.fixture
def ticks(sample) -> Callable[[], list[list[str]]]:
    """Return what the ticks have written: ``[["begins", "1", pid], …]``."""
    file = sample / "instance" / "ticks"
    return lambda: [line.split() for line in file.read_text().splitlines() if file.exists()]


@pytest.fixture
def start(sample) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a command of the project: ``start("scheduler")``; its output is in the file ``log``."""
    started = []

    def call(*args: str) -> subprocess.Popen[bytes]:
        (sample / "instance" / "ticks").touch()
        environment = {**os.environ, "INSTANCE_PATH": str(sample / "instance")}
        command = [sys.executable, "-m", "flask", "--app", "sample_ticks", *args]
        with (sample / "log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=sample, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.wait()


def runs(pid: str) -> bool:
    """Tell whether a process runs; one that has ended and nobody has asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_tick_that_fails_is_logged_and_the_next_one_comes(start, ticks, sample):
    start("scheduler")
    wait_until(lambda: len(ticks()) >= 6)

    log = (sample / "log").read_text()
    assert [line[:2] for line in ticks()[:4]] == [
        ["begins", "1"],
        ["ends", "1"],
        ["begins", "2"],
        ["ends", "2"],
    ]
    assert "A tick of the scheduler failed" in log
    assert "out of paper" in log


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_scheduler_finishes_what_is_in_hand_when_it_is_told_to_end(start, ticks, sample, told):
    with (sample / "instance" / "gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        process = start("scheduler")
        wait_until(ticks)
        process.send_signal(told)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)

    assert process.wait(10) == 0
    assert [line[0] for line in ticks()] == ["begins", "ends"]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGKILL])
def test_scheduler_beside_flask_run_ends_with_it(start, ticks, sample, told):
    server = start("run", "--port", "0", "--no-reload")
    wait_until(ticks)
    wait_until(lambda: "Running on" in (sample / "log").read_text())
    schedulers = {pid for _word, _count, pid in ticks()}
    server.send_signal(told)
    server.wait(10)

    assert len(schedulers) == 1
    assert schedulers != {str(server.pid)}
    wait_until(lambda: not runs(*schedulers))
    assert "KeyboardInterrupt" not in (sample / "log").read_text()


def test_work_in_tests_ticks_once_and_needs_no_queue(sample, ticks, tmp_path, caplog):
    backend = InProcess("sample_ticks", sample / "instance", {}, tmp_path / "queue", [])
    backend.work()

    assert ticks() == [["begins", "1", str(os.getpid())], ["ends", "1", str(os.getpid())]]
    assert "out of paper" in caplog.text
    backend.release()
