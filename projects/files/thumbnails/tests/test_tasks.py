"""What the worker's function does when the queue or the people around it misbehave."""

import os
import threading
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Picture
from redis.exceptions import ConnectionError as QueueAway

from common import clock, jobs
from common.testing import wait_until
from thumbnails import states, storage, tasks
from thumbnails.intake import take_in
from thumbnails.models import Job, Thumbnail, db

pytestmark = pytest.mark.settings(MIN_FREE_MB="0", LOG_LEVEL="INFO")
PATIENCE = 20  # seconds; a machine may be busy


@pytest.fixture
def content():
    target = BytesIO()
    Picture.radial_gradient("L").save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def image(app, content):
    """An image whose job is queued."""
    with app.app_context():
        image = take_in(content)
        db.session.commit()
        assert image.job
        assert image.thumbnails
        return image


@pytest.fixture
def files(app):
    """List the files that are kept of all images."""
    folder = Path(app.instance_path) / "images"
    return lambda: sorted(path.name for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture
def held(app, image, content):
    """A worker that has the job in hand and waits for the original; call it to let it go on."""

    def run():
        with app.app_context():
            tasks.run(image.job.id)

    with app.app_context():
        original = storage.original(image.id)
    original.unlink()
    os.mkfifo(original)  # whoever opens it to read waits for a writer
    worker = threading.Thread(target=run, daemon=True)
    worker.start()

    writers = []

    def is_read():
        try:
            writers.append(os.open(original, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody reads it yet
            return False
        return True

    wait_until(is_read, PATIENCE, "a worker that reads the original")

    def go_on():
        os.write(writers[0], content)
        os.close(writers[0])
        worker.join(PATIENCE)
        assert not worker.is_alive(), "the worker hangs"

    return go_on


def rendered(caplog):
    """Return the keys of the thumbnails that have been rendered, as logged."""
    lines = (record.getMessage() for record in caplog.records)
    return [line.split("rendered ")[1][:64] for line in lines if "rendered " in line]


def test_nothing_is_rendered_twice_however_often_queue_delivers(app, image, at_once, caplog):
    def deliver(_):
        with app.app_context():
            tasks.run(image.job.id)

    at_once(6, deliver)
    deliver(0)
    assert sorted(rendered(caplog)) == sorted(one.key for one in image.thumbnails)


def test_what_crashed_attempt_has_left_is_kept_and_only_rest_is_rendered(app, image, work, caplog):
    first, *rest = image.thumbnails
    with app.app_context():
        storage.write(storage.rendered(image.id, first.key), b"as the first attempt made it")
        row = db.session.get_one(Thumbnail, (image.id, first.name))
        row.rendered_at = clock.now()
        job = db.session.get_one(Job, image.job.id)
        job.status = "running"
        job.claimed_by = "of a dead worker"
        job.attempts = 1
        db.session.commit()
    work()
    assert sorted(rendered(caplog)) == sorted(one.key for one in rest)
    with app.app_context():
        assert storage.rendered(image.id, first.key).read_bytes() == b"as the first attempt made it"
        assert db.session.get_one(Job, image.job.id).status == "done"


def test_image_deleted_in_mid_job_leaves_no_file(client, image, held, files, app):
    assert client.get(f"/jobs/{image.job.id}").json["status"] == "running"
    assert client.delete(f"/images/{image.id}").status_code == 204
    held()
    assert files() == []
    with app.app_context():
        assert db.session.query(Thumbnail).count() == 0


def test_image_deleted_and_uploaded_again_in_mid_job_is_rendered_by_its_new_job(
    client, image, held, content, work
):
    client.delete(f"/images/{image.id}")
    again = client.post("/images", data={"image": (BytesIO(content), "again.png")}).json
    held()
    assert client.get(f"/jobs/{image.job.id}").status_code == 404
    work()
    assert client.get(f"/jobs/{again['job']['id']}").json["progress"] == {"done": 3, "total": 3}


def test_worker_that_was_thought_dead_keeps_nothing(client, image, held, clock, app):
    clock.advance(seconds=31)
    with app.app_context():
        assert states.claim(image.job.id, tasks.claim_end())
        db.session.commit()
    held()
    job = client.get(f"/jobs/{image.job.id}").json
    assert (job["status"], job["attempts"]) == ("running", 2)
    assert job["progress"]["done"] == 0


def test_sizes_that_are_added_in_mid_job_are_rendered_by_it(client, image, held, content, app):
    app.config["THUMBNAIL_SIZES"] += ",large=200x201"
    client.post("/images", data={"image": (BytesIO(content), "again.png")})
    held()
    job = client.get(f"/jobs/{image.job.id}").json
    assert (job["status"], job["progress"]) == ("done", {"done": 4, "total": 4})


def test_lost_original_is_passing_trouble_without_path_in_its_text(client, image, work, app):
    with app.app_context():
        storage.original(image.id).unlink()
    work()
    job = client.get(f"/jobs/{image.job.id}").json
    assert (job["status"], job["attempts"]) == ("queued", 1)
    assert "original" not in job["error"]


def test_sweep_wakes_what_queue_has_forgotten(client, image, work):
    work()  # take_in alone has told no queue
    assert client.get(f"/jobs/{image.job.id}").json["status"] == "done"


@pytest.fixture
def alarms_alone(app, monkeypatch):
    """A worker that never sweeps."""
    monkeypatch.setattr(app.extensions["common_jobs"], "sweep", lambda **_: None)


@pytest.mark.usefixtures("alarms_alone")
def test_next_attempt_has_alarm_of_its_own(app, client, content, clock, work):
    clock.set("2026-03-01T12:00:00Z")
    job = client.post("/images", data={"image": (BytesIO(content), "a.png")}).json["job"]["id"]
    app.config["MIN_FREE_MB"] = 10**9
    attempts = []
    for seconds in (0, 10, 60):
        clock.advance(seconds=seconds)
        work()
        attempts.append(client.get(f"/jobs/{job}").json["attempts"])
    assert attempts == [1, 2, 3]


@pytest.mark.usefixtures("alarms_alone")
def test_job_that_somebody_has_is_looked_at_again_when_lease_is_over(
    app, client, content, clock, work
):
    clock.set("2026-03-01T12:00:00Z")
    job = client.post("/images", data={"image": (BytesIO(content), "a.png")}).json["job"]["id"]
    with app.app_context():
        assert states.claim(job, tasks.claim_end()), "by a worker that dies"
        db.session.commit()
    work()
    assert client.get(f"/jobs/{job}").json["status"] == "running"
    clock.advance(seconds=30)
    work()
    assert client.get(f"/jobs/{job}").json["status"] == "done"


def test_upload_is_accepted_while_queue_is_away(client, content, work, monkeypatch):
    def away(*_, **__):
        raise QueueAway("as redis says it, after seconds of trying")

    monkeypatch.setattr(jobs, "enqueue", away)
    response = client.post("/images", data={"image": (BytesIO(content), "a.png")})
    assert response.status_code == 202
    monkeypatch.undo()
    work()
    assert client.get(response.headers["Location"]).json["status"] == "done"


def test_sweep_gives_up_what_kills_its_workers(client, image, work, app):
    with app.app_context():
        job = db.session.get_one(Job, image.job.id)
        job.status = "running"
        job.claimed_by = "of a dead worker"
        job.attempts = 3
        db.session.commit()
    work()
    given_up = client.get(f"/jobs/{image.job.id}").json
    assert given_up["status"] == "failed"
    assert given_up["error"] == "The worker died in all 3 attempts."


def test_file_appears_whole_or_not_at_all(app, tmp_path):
    target = tmp_path / "folder" / "file"
    with app.app_context():
        storage.write(target, b"old")
        app.config["MIN_FREE_MB"] = 10**9
        with pytest.raises(OSError, match="Less than 1000000000 MB are free"):
            storage.write(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target], "a temporary file was left behind"


def test_file_that_cannot_be_written_leaves_no_part(app, tmp_path):
    target = tmp_path / "in the way"
    (target / "file").mkdir(parents=True)

    with app.app_context(), pytest.raises(IsADirectoryError):
        storage.write(target, b"new")

    assert list(tmp_path.glob("*.part")) == []


def test_lists_take_same_number_of_queries_however_long(client, grow, max_queries):
    grow(60)
    with max_queries(5):
        assert len(client.get("/jobs?per_page=50").json) == 50
    with max_queries(5):
        assert len(client.get("/jobs?status=failed&per_page=50").json) == 2


def test_demo_images_are_seeded_once_and_rendered(client, run, work):
    assert run("seed").exit_code == 0
    assert run("seed").output == "The demo data is there already.\n"
    work()
    jobs = client.get("/jobs").json
    assert [job["status"] for job in jobs] == ["done"] * 3


@pytest.mark.parametrize(
    "sizes", ["small", "small=0x9", "small=9x9,small=8x8", "../small=9x9", "small=9x9:stretch"]
)
def test_mistake_in_sizes_stops_start_and_names_variable(restart, sizes):
    with pytest.raises(SystemExit, match="THUMBNAIL_SIZES"):
        restart(THUMBNAIL_SIZES=sizes)
