"""What a worker does.

The queue delivers at least once and may deliver twice at the same time. The rows decide whether
there is anything to do, and by whom.
"""

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import select, update

from common import clock, jobs

from . import render, states, storage
from .models import Job, Thumbnail, db
from .sizes import parse, plan


def wake(job: Job) -> None:
    """Ask the queue to run the job when it is due, unless it is over. Call it after the commit."""
    try:
        if job.status in states.ACTIVE:
            jobs.enqueue(run, job.id, at=job.due_at, job_id=job.id)
    except RedisError:  # the row is what counts: a sweep wakes it once the queue is back
        current_app.logger.exception("no queue to wake job %s with", job.id)


def run(job_id: str) -> None:
    """Make the thumbnails that the job's image lacks, if the job is to be had."""
    ticket = states.claim(job_id)
    job = db.session.get(Job, job_id)
    db.session.commit()
    if job and ticket:
        _attempt(job, ticket)
        job = db.session.get(Job, job_id, populate_existing=True)
        db.session.commit()
    if job and job.due_at > clock.now():
        wake(job)  # it pauses, or somebody else has it: look again when that is over


def sweep() -> None:
    """Wake jobs that are due and that nobody works at: their alarm, or their worker, was lost."""
    states.give_up()
    db.session.commit()
    overdue = select(Job).where(Job.status.in_(states.ACTIVE), Job.due_at <= clock.now())
    found = db.session.scalars(overdue.order_by(Job.due_at).limit(1000)).all()
    db.session.commit()
    for job in found:
        wake(job)


def _attempt(job: Job, ticket: str) -> None:
    """Work at the job; note a failure, which is permanent where the image itself is to blame."""
    try:
        _render_missing(job, ticket)
        return
    except (render.BadImage, storage.NotStored) as error:
        reason, permanent = str(error), isinstance(error, render.BadImage)
    except Exception:
        current_app.logger.exception("job %s, attempt %d", job.id, job.attempts)
        reason, permanent = "Something went wrong; the worker's log says what.", False
    db.session.rollback()
    states.fail(job.id, ticket, reason, attempt=job.attempts, permanent=permanent)
    db.session.commit()


def _render_missing(job: Job, ticket: str) -> None:
    """Render one thumbnail after the other, each kept at once: a crash costs the one in hand.

    No transaction is open while pixels are worked on: it would hold up all others who write.
    """
    picture = None
    missing = select(Thumbnail).filter_by(image_id=job.image_id, rendered_at=None)
    while states.renew(job.id, ticket):
        wanted = db.session.scalars(missing.order_by(Thumbnail.position)).first()
        if wanted is None:
            states.finish(job.id, ticket)
            break
        db.session.commit()
        picture = picture or render.load(storage.original(job.image_id).read_bytes())
        size = parse(wanted.spec)
        content, made = render.thumbnail(picture, size), plan(picture.width, picture.height, size)
        if not states.renew(job.id, ticket):  # from here to the commit nobody can take it from us
            break
        storage.write(storage.rendered(job.image_id, wanted.key), content)
        kept = {"width": made.width, "height": made.height, "rendered_at": clock.now()}
        db.session.execute(update(Thumbnail).where(Thumbnail.key == wanted.key).values(kept))
        db.session.commit()
        current_app.logger.info("rendered %s %s", wanted.key, wanted.spec)
    db.session.commit()
