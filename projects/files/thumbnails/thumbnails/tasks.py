"""What a worker does. The queue delivers at least once and may deliver twice at the same time;
the rows decide whether there is anything to do."""

import time
from datetime import timedelta

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import select, update

from common import clock, jobs

from . import render, states, storage
from .models import Job, Thumbnail, db
from .sizes import Plan, parse, plan

SWEPT_AT_ONCE = 1000


def wake(job: Job) -> None:
    """Ask the queue to run the job when it is due. Call it after the commit."""
    try:
        jobs.enqueue(run, job.id, at=job.due_at, job_id=job.id)
    except RedisError:  # the row is what counts: a sweep wakes it once the queue is back
        current_app.logger.warning("no queue to wake job %s with", job.id, exc_info=True)


def run(job_id: str) -> None:
    """Make the thumbnails that the job's image lacks, if the job is to be had."""
    ticket = states.claim(job_id, _lease())
    job = db.session.get(Job, job_id, populate_existing=True)
    db.session.commit()
    if job is None:
        return  # deleted while it waited
    if ticket is None:
        if job.status in {"queued", "running"} and job.due_at > clock.now():
            wake(job)  # too early, or somebody has it: look again when the wait or lease is over
        return
    try:
        _render_missing(job, ticket)
        return
    except render.BadImage as error:
        reason, permanent = str(error), True
    except storage.DiskFull as error:
        reason, permanent = str(error), False
    except Exception:
        current_app.logger.exception("job %s, attempt %d", job.id, job.attempts)
        reason, permanent = "Something went wrong; the worker's log says what.", False
    db.session.rollback()
    states.fail(job.id, ticket, reason, attempt=job.attempts, permanent=permanent)
    db.session.commit()
    db.session.refresh(job)
    if job.status == "queued":
        wake(job)


def sweep() -> None:
    """Wake jobs that are due and that nobody works at: their alarm, or their worker, was lost."""
    states.give_up()
    db.session.commit()
    overdue = select(Job).where(Job.status.in_({"queued", "running"}), Job.due_at <= clock.now())
    for job in db.session.scalars(overdue.order_by(Job.due_at).limit(SWEPT_AT_ONCE)).all():
        wake(job)
    db.session.commit()


def _render_missing(job: Job, ticket: str) -> None:
    """Render one thumbnail after the other, each kept at once: a crash costs the one in hand.

    No transaction is open while pixels are worked on, it would hold up all others who write.
    """
    picture = None
    while states.renew(job.id, ticket, _lease()):
        missing = select(Thumbnail).filter_by(image_id=job.image_id, rendered_at=None)
        wanted = db.session.scalars(missing.order_by(Thumbnail.position)).first()
        if wanted is None:
            states.finish(job.id, ticket)
            break
        db.session.commit()
        began = time.perf_counter()
        picture = picture or render.load(storage.original(job.image_id).read_bytes())
        size = parse(wanted.spec)
        content = render.thumbnail(picture, size)
        if states.renew(job.id, ticket, _lease()):
            _keep(wanted, content, plan(picture.width, picture.height, size))
            seconds = time.perf_counter() - began
            current_app.logger.info("rendered %s %s in %.2f s", wanted.key, wanted.spec, seconds)
        db.session.commit()
    db.session.commit()


def _keep(wanted: Thumbnail, content: bytes, made: Plan) -> None:
    """Keep a rendering: the file first, so that a row which says "rendered" is never wrong."""
    storage.write(storage.rendered(wanted.image_id, wanted.key), content)
    row = update(Thumbnail).where(Thumbnail.key == wanted.key, Thumbnail.rendered_at.is_(None))
    size = {"width": made.width, "height": made.height, "bytes": len(content)}
    db.session.execute(row.values(rendered_at=clock.now(), **size))


def _lease() -> timedelta:
    return timedelta(seconds=current_app.config["LEASE_SECONDS"])
