"""What a job can go through. Each step is one statement whose WHERE decides.

Two workers may hold the same job in hand, a dead one may turn out to be alive, and a person may
press "retry" twice. So nothing here reads first and writes afterwards: an UPDATE names the state
that it starts from, and what it returns tells whether it was in time.

The functions do not commit: who calls them decides what belongs to the same transaction.
"""

import uuid
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, update

from common import clock

from .models import Image, Job, Thumbnail, db

TRANSITIONS = {
    # step: (from, to)
    "claim": ({"queued", "running"}, "running"),  # from running: only when its lease has run out
    "renew": ({"running"}, "running"),
    "finish": ({"running"}, "done"),
    "postpone": ({"running"}, "queued"),
    "fail": ({"running"}, "failed"),
    "retry": ({"failed"}, "queued"),
    "reopen": ({"done"}, "queued"),
}
ACTIVE = ("queued", "running")
PAUSES = (timedelta(seconds=10), timedelta(seconds=60))
ATTEMPTS = len(PAUSES) + 1


def claim(job_id: str) -> str | None:
    """Take the job for this worker and return a ticket, or None when it is not to be had.

    To be had is a queued job whose `due_at` has come, and a running one whose `due_at`, the end
    of its lease, has passed: its worker is dead or lost. In both cases fewer than `ATTEMPTS`
    attempts must have been begun. The claim makes it running, counts the attempt, writes a new
    random ticket (32 hexadecimal digits) and lets the lease end `LEASE_SECONDS` from now.

    It is one conditional UPDATE: of two workers at once, one gets None.
    """
    ticket = uuid.uuid4().hex
    free = (Job.id == job_id, Job.due_at <= clock.now(), Job.attempts < ATTEMPTS)
    values = {"attempts": Job.attempts + 1, "ticket": ticket, "due_at": _lease_end()}
    return ticket if _step("claim", *free, **values) else None


def renew(job_id: str, ticket: str) -> bool:
    """Let the lease end `LEASE_SECONDS` from now; False when the job is no longer this worker's.

    Call it first in the transaction that keeps a result: until the commit nobody else can take
    or delete the job, so what is written for it is not written in vain.
    """
    return _step("renew", Job.id == job_id, Job.ticket == ticket, due_at=_lease_end())


def finish(job_id: str, ticket: str) -> bool:
    """Mark the job done and its last error forgotten; False when it is not this worker's."""
    return _step("finish", Job.id == job_id, Job.ticket == ticket, ticket=None, error=None)


def fail(job_id: str, ticket: str, error: str, *, attempt: int, permanent: bool = False) -> bool:
    """Note the ``error`` of the ``attempt``-th attempt; False when the job is not this worker's.

    A passing trouble puts the job back into the queue, due after the pause that `PAUSES` has for
    this attempt. A ``permanent`` one, or the last attempt, makes it failed.
    """
    mine = (Job.id == job_id, Job.ticket == ticket)
    if permanent or attempt >= ATTEMPTS:
        return _step("fail", *mine, ticket=None, error=error)
    due_at = clock.now() + PAUSES[attempt - 1]
    return _step("postpone", *mine, ticket=None, error=error, due_at=due_at)


def retry(job_id: str) -> bool:
    """Queue a failed job again, due now, with all its attempts; False when it is not failed."""
    return _step("retry", Job.id == job_id, attempts=0, error=None, due_at=clock.now())


def reopen(job_id: str) -> bool:
    """Queue a done job again, due now, if its image lacks a thumbnail; False if it does not."""
    lacks = Job.image.has(Image.thumbnails.any(Thumbnail.rendered_at.is_(None)))
    return _step("reopen", Job.id == job_id, lacks, attempts=0, due_at=clock.now())


def give_up() -> bool:
    """Fail the jobs whose workers died in every attempt: such an image may be what kills them."""
    died = (Job.due_at <= clock.now(), Job.attempts >= ATTEMPTS)
    return _step("fail", *died, ticket=None, error=f"The worker died in all {ATTEMPTS} attempts.")


def _lease_end() -> datetime:
    return clock.now() + timedelta(seconds=current_app.config["LEASE_SECONDS"])


def _step(step: str, *conditions: ColumnElement[bool], **values: object) -> bool:
    """Take one step of `TRANSITIONS` where the conditions hold; tell whether any row did."""
    before, after = TRANSITIONS[step]
    statement = update(Job).where(Job.status.in_(before), *conditions)
    statement = statement.values(status=after, updated_at=clock.now(), **values)
    return bool(db.session.scalars(statement.returning(Job.id)).all())
