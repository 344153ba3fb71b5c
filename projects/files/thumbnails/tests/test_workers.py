"""Real servers, real workers, one real queue: what no single process can show."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from io import BytesIO

import pytest
import requests
from PIL import Image

from common.testing import wait_until
from thumbnails import render, sizes

Worker = subprocess.Popen[bytes]
PATIENCE = 60  # seconds; a machine may be busy


@pytest.fixture
def worker(project, app_settings, tmp_path):
    """Start a `flask worker` for the data of `live`: call it."""
    workers = []
    environment = {**os.environ, **app_settings, "INSTANCE_PATH": str(tmp_path / "live")}
    environment |= {"SECRET_KEY": "only-for-tests-" * 3, "LOG_LEVEL": "INFO"}

    def start():
        with (tmp_path / "workers.log").open("ab") as log:
            command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
            workers.append(
                subprocess.Popen(command, cwd=project.root, env=environment, stdout=log, stderr=log)
            )
        return workers[-1]

    yield start
    for one in workers:
        one.terminate()
    for one in workers:
        one.wait()


@pytest.fixture
def rendered(tmp_path):
    """Count how often each thumbnail has been rendered, by the workers' own log."""
    return lambda: Counter(
        re.findall(r"rendered (\w{64}) ", (tmp_path / "workers.log").read_text())
    )


def gradient(width, height, kind="PNG"):
    target = BytesIO()
    Image.radial_gradient("L").resize((width, height)).save(target, kind)
    return target.getvalue()


def get(url):
    return requests.get(url, timeout=PATIENCE).json()


def upload(server, content):
    response = requests.post(f"{server}/images", files={"image": content}, timeout=PATIENCE)
    assert response.status_code == 202, response.text
    return response.json()


@pytest.mark.settings(MIN_FREE_MB="0")
def test_two_workers_and_many_uploads_render_each_thumbnail_once(live, worker, rendered, at_once):
    server = live()
    worker(), worker()
    pictures = [gradient(300 + number, 200) for number in range(5)]
    uploads = at_once(20, lambda number: upload(server, pictures[number % 5]))
    assert len({one["image"]["id"] for one in uploads}) == 5
    done = f"{server}/jobs?status=done"
    wait_until(lambda: len(get(done)) == 5, PATIENCE, "five jobs that are done")
    assert len(rendered()) == 15
    assert set(rendered().values()) == {1}, "a thumbnail was rendered twice"


@pytest.mark.settings(
    MIN_FREE_MB="0", LEASE_SECONDS="1", THUMBNAIL_SIZES="small=64x64,a=2400x2400,b=2300x2300,c=9x9"
)
def test_worker_killed_in_mid_job_loses_nothing(live, worker, rendered):
    server = live(workers=1)
    content = gradient(2400, 2400)
    uploaded = upload(server, content)

    def job():
        return get(f"{server}/jobs/{uploaded['job']['id']}")

    victim = worker()
    wait_until(lambda: job()["progress"]["done"] > 0, PATIENCE, "the first thumbnail")
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    left = job()
    assert left["status"] == "running", "it was killed too late"

    worker()
    wait_until(lambda: job()["status"] == "done", PATIENCE, "the end of the job")
    assert job()["attempts"] == 2
    picture = render.load(content)
    for thumbnail in get(f"{server}/images/{uploaded['image']['id']}")["thumbnails"]:
        served = requests.get(server + thumbnail["url"], timeout=PATIENCE).content
        expected = render.thumbnail(picture, sizes.parse(thumbnail["spec"]))
        assert served == expected, f"{thumbnail['name']} is not what it would be without the crash"
    assert set(rendered().values()) == {1}, "what was done before the crash was done again"
