"""What a worker does.

The queue delivers at least once and may deliver twice at the same time. The rows decide whether
there is anything to do, and by whom.
"""

from datetime import datetime, timedelta

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import select, update

from common import clock, jobs

from . import render, states, storage
from .models import Job, Thumbnail, db
from .sizes import parse

AT_ONCE = 1000  # jobs that one sweep wakes


def wake(job: Job) -> None:
    """Ask the queue to run the job when it is due, unless it is over. Call it after the commit."""
    if job.status not in states.ACTIVE:
        return
    try:
        jobs.enqueue(run, job.id, at=job.due_at, job_id=job.id)
    except RedisError:  # the row is what counts: a sweep wakes it once the queue is back
        current_app.logger.exception("no queue to wake job %s with", job.id)


def run(job_id: str) -> None:
    """Make the thumbnails that the job's image lacks, if the job is to be had."""
    claimed_by = states.claim(job_id, claim_end())
    job = find_job(job_id)
    if job is not None and claimed_by is not None:
        attempt(job, claimed_by)
        job = find_job(job_id)
    if job is not None and job.due_at > clock.now():
        wake(job)  # it pauses, or somebody else has it: look again when that is over


def sweep() -> None:
    """Wake jobs that are due and that nobody works at: their alarm, or their worker, was lost."""
    states.give_up_lost()
    db.session.commit()
    statement = select(Job).where(
        Job.status.in_(states.ACTIVE),
        Job.due_at <= clock.now(),
    )
    statement = statement.order_by(Job.due_at)
    overdue = db.session.scalars(statement.limit(AT_ONCE)).all()
    db.session.commit()
    for job in overdue:
        wake(job)


def find_job(job_id: str) -> Job | None:
    """Return the job as it is now; None, if it was deleted. Commits."""
    job = db.session.get(Job, job_id, populate_existing=True)
    db.session.commit()
    return job


def attempt(job: Job, claimed_by: str) -> None:
    """Work at the job; note a failure, which is permanent where the image itself is to blame."""
    permanent = False
    try:
        render_missing(job, claimed_by)
        return
    except render.BadImage as bad_image:
        error = str(bad_image)
        permanent = True
    except OSError as no_file:
        error = f"A file could not be read or written: {no_file.strerror}."
    except Exception:
        current_app.logger.exception("job %s, attempt %d", job.id, job.attempts)
        error = "Something went wrong; the worker's log says what."
    db.session.rollback()
    states.give_up(
        job.id,
        claimed_by,
        error,
        attempt=job.attempts,
        permanent=permanent,
    )
    db.session.commit()


def render_missing(job: Job, claimed_by: str) -> None:
    """Render one thumbnail after the other, each kept at once: a crash costs the one in hand.

    No transaction is open while pixels are worked on: it would hold up all others who write.
    """
    picture = None
    while True:
        thumbnail = next_missing(job, claimed_by)
        if thumbnail is None:
            return
        if picture is None:
            original = storage.original(job.image_id)
            picture = render.load(original.read_bytes())
        content = render.thumbnail(picture, parse(thumbnail.spec))
        keep(job, claimed_by, thumbnail, content)


def next_missing(job: Job, claimed_by: str) -> Thumbnail | None:
    """Return what to render next; None, if all is done or the job is not ours any more."""
    thumbnail = None
    if states.renew(job.id, claimed_by, claim_end()):
        statement = select(Thumbnail).filter_by(image_id=job.image_id, rendered_at=None)
        statement = statement.order_by(Thumbnail.position)
        thumbnail = db.session.scalar(statement.limit(1))
        if thumbnail is None:
            states.settle(job.id, claimed_by)
    db.session.commit()
    return thumbnail


def keep(job: Job, claimed_by: str, thumbnail: Thumbnail, content: bytes) -> None:
    """Keep what was rendered: first the file, then the row. Nothing, if the job is not ours."""
    if states.renew(job.id, claimed_by, claim_end()):  # nobody can take it before the commit
        storage.write(storage.rendered(job.image_id, thumbnail.key), content)
        statement = update(Thumbnail).where(Thumbnail.key == thumbnail.key)
        db.session.execute(statement.values(rendered_at=clock.now()))
        current_app.logger.info("rendered %s %s", thumbnail.key, thumbnail.spec)
    db.session.commit()


def claim_end() -> datetime:
    """Return when a claim that is made now runs out."""
    return clock.now() + timedelta(seconds=current_app.config["LEASE_SECONDS"])
