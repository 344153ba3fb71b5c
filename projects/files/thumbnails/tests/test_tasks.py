"""What the worker's function does when the queue or the people around it misbehave."""

import os
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture
from redis.exceptions import ConnectionError as QueueAway

from common import clock, jobs
from thumbnails import states, storage, tasks
from thumbnails.intake import take_in
from thumbnails.models import Image, Job, Thumbnail, db

pytestmark = pytest.mark.settings(MIN_FREE_MB="0", LOG_LEVEL="INFO")


@pytest.fixture
def content() -> bytes:
    target = BytesIO()
    Picture.radial_gradient("L").save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def image(app: Any, content: bytes) -> Image:
    """An image whose job is queued."""
    with app.app_context():
        image = take_in(content)
        assert image.job
        assert image.thumbnails
        return image


@pytest.fixture
def files(app: Any) -> Callable[[], list[str]]:
    """List the files that are kept of all images."""
    folder = Path(app.instance_path) / "images"
    return lambda: sorted(path.name for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture
def held(app: Any, image: Image, content: bytes) -> Iterator[Callable[[], None]]:
    """A worker that has the job in hand and waits for the original; call it to let it go on."""

    def run() -> None:
        with app.app_context():
            tasks.run(image.job.id)

    with app.app_context():
        original = storage.original(image.id)
    original.unlink()
    os.mkfifo(original)  # whoever opens it to read waits for a writer
    worker = threading.Thread(target=run)
    worker.start()
    writer = os.open(original, os.O_WRONLY)

    def go_on() -> None:
        os.write(writer, content)
        os.close(writer)
        worker.join()

    yield go_on
    worker.join()


def rendered(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the keys of the thumbnails that have been rendered, as logged."""
    lines = (record.getMessage() for record in caplog.records)
    return [line.split("rendered ")[1][:64] for line in lines if "rendered " in line]


def test_nothing_is_rendered_twice_however_often_the_queue_delivers(
    app: Any, image: Image, at_once: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def deliver(_: int) -> None:
        with app.app_context():
            tasks.run(image.job.id)

    at_once(6, deliver)
    deliver(0)
    assert sorted(rendered(caplog)) == sorted(one.key for one in image.thumbnails)


def test_what_a_crashed_attempt_has_left_is_kept_and_only_the_rest_is_rendered(
    app: Any, image: Image, work: Any, caplog: pytest.LogCaptureFixture
) -> None:
    first, *rest = image.thumbnails
    with app.app_context():
        storage.write(storage.rendered(image.id, first.key), b"as the first attempt made it")
        row = db.session.get_one(Thumbnail, (image.id, first.name))
        row.width, row.height, row.rendered_at = 9, 9, clock.now()
        job = db.session.get_one(Job, image.job.id)
        job.status, job.ticket, job.attempts = "running", "of a dead worker", 1
        db.session.commit()
    work()
    assert sorted(rendered(caplog)) == sorted(one.key for one in rest)
    with app.app_context():
        assert storage.rendered(image.id, first.key).read_bytes() == b"as the first attempt made it"
        assert db.session.get_one(Job, image.job.id).status == "done"


def test_an_image_deleted_in_mid_job_leaves_no_file(
    client: Any, image: Image, held: Callable[[], None], files: Any, app: Any
) -> None:
    assert client.get(f"/jobs/{image.job.id}").json["status"] == "running"
    assert client.delete(f"/images/{image.id}").status_code == 204
    held()
    assert files() == []
    with app.app_context():
        assert db.session.query(Thumbnail).count() == 0


def test_an_image_deleted_and_uploaded_again_in_mid_job_is_rendered_by_its_new_job(
    client: Any, image: Image, held: Callable[[], None], content: bytes, work: Any
) -> None:
    client.delete(f"/images/{image.id}")
    again = client.post("/images", data={"image": (BytesIO(content), "again.png")}).json
    held()
    assert client.get(f"/jobs/{image.job.id}").status_code == 404
    work()
    assert client.get(f"/jobs/{again['job']['id']}").json["progress"] == {"done": 3, "total": 3}


def test_a_worker_that_was_thought_dead_keeps_nothing(
    client: Any, image: Image, held: Callable[[], None], clock: Any, app: Any
) -> None:
    clock.advance(seconds=31)
    with app.app_context():
        assert states.claim(image.job.id)
        db.session.commit()
    held()
    job = client.get(f"/jobs/{image.job.id}").json
    assert (job["status"], job["attempts"]) == ("running", 2)
    assert job["progress"]["done"] == 0


def test_sizes_that_are_added_in_mid_job_are_rendered_by_it(
    client: Any, image: Image, held: Callable[[], None], content: bytes, app: Any
) -> None:
    app.config["THUMBNAIL_SIZES"] += ",large=200x201"
    client.post("/images", data={"image": (BytesIO(content), "again.png")})
    held()
    job = client.get(f"/jobs/{image.job.id}").json
    assert (job["status"], job["progress"]) == ("done", {"done": 4, "total": 4})


def test_a_lost_original_is_a_passing_trouble_without_a_path_in_its_text(
    client: Any, image: Image, work: Any, app: Any
) -> None:
    with app.app_context():
        storage.original(image.id).unlink()
    work()
    job = client.get(f"/jobs/{image.job.id}").json
    assert (job["status"], job["attempts"]) == ("queued", 1)
    assert "original" not in job["error"]


def test_the_sweep_wakes_what_the_queue_has_forgotten(client: Any, image: Image, work: Any) -> None:
    work()  # take_in alone has told no queue
    assert client.get(f"/jobs/{image.job.id}").json["status"] == "done"


@pytest.fixture
def alarms_alone(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that never sweeps."""
    monkeypatch.setattr(app.extensions["common_jobs"], "sweep", lambda **_: None)


@pytest.mark.usefixtures("alarms_alone")
def test_the_next_attempt_has_an_alarm_of_its_own(
    app: Any, client: Any, content: bytes, clock: Any, work: Any
) -> None:
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
def test_a_job_that_somebody_has_is_looked_at_again_when_the_lease_is_over(
    app: Any, client: Any, content: bytes, clock: Any, work: Any
) -> None:
    clock.set("2026-03-01T12:00:00Z")
    job = client.post("/images", data={"image": (BytesIO(content), "a.png")}).json["job"]["id"]
    with app.app_context():
        assert states.claim(job), "by a worker that dies"
        db.session.commit()
    work()
    assert client.get(f"/jobs/{job}").json["status"] == "running"
    clock.advance(seconds=30)
    work()
    assert client.get(f"/jobs/{job}").json["status"] == "done"


def test_an_upload_is_accepted_while_the_queue_is_away(
    client: Any, content: bytes, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise QueueAway("as redis says it, after seconds of trying")

    monkeypatch.setattr(jobs, "enqueue", away)
    answer = client.post("/images", data={"image": (BytesIO(content), "a.png")})
    assert answer.status_code == 202
    monkeypatch.undo()
    work()
    assert client.get(answer.headers["Location"]).json["status"] == "done"


def test_the_sweep_gives_up_what_kills_its_workers(
    client: Any, image: Image, work: Any, app: Any
) -> None:
    with app.app_context():
        job = db.session.get_one(Job, image.job.id)
        job.status, job.ticket, job.attempts = "running", "of a dead worker", 3
        db.session.commit()
    work()
    given_up = client.get(f"/jobs/{image.job.id}").json
    assert given_up["status"] == "failed"
    assert given_up["error"] == "The worker died in all 3 attempts."


def test_a_file_appears_whole_or_not_at_all(app: Any, tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file"
    with app.app_context():
        storage.write(target, b"old")
        app.config["MIN_FREE_MB"] = 10**9
        with pytest.raises(storage.NotStored, match="less than 1000000000 MB are free"):
            storage.write(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target], "a temporary file was left behind"


def test_a_file_that_cannot_be_written_is_no_server_error(app: Any, tmp_path: Path) -> None:
    target = tmp_path / "in the way"
    (target / "file").mkdir(parents=True)
    with app.app_context(), pytest.raises(storage.NotStored, match="could not be written"):
        storage.write(target, b"new")
    assert list(tmp_path.glob("*.part")) == []


def test_lists_take_the_same_number_of_queries_however_long(
    client: Any, grow: Any, max_queries: Any
) -> None:
    grow(60)
    with max_queries(5):
        assert len(client.get("/jobs?per_page=50").json) == 50
    with max_queries(5):
        assert len(client.get("/jobs?status=failed&per_page=50").json) == 2


def test_demo_images_are_seeded_once_and_rendered(client: Any, run: Any, work: Any) -> None:
    assert run("seed").exit_code == 0
    assert run("seed").output == "The demo data is there already.\n"
    work()
    jobs = client.get("/jobs").json
    assert [job["status"] for job in jobs] == ["done"] * 3


@pytest.mark.parametrize(
    "sizes", ["small", "small=0x9", "small=9x9,small=8x8", "../small=9x9", "small=9x9:stretch"]
)
def test_a_mistake_in_the_sizes_stops_the_start_and_names_the_variable(
    restart: Any, sizes: str
) -> None:
    with pytest.raises(SystemExit, match="THUMBNAIL_SIZES"):
        restart(THUMBNAIL_SIZES=sizes)
