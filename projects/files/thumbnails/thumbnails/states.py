"""What a job can go through. Each step is one statement whose WHERE decides.

    step      from                 to
    claim     queued, running      running             from running: when its claim has run out
    renew     running              running
    settle    running              done
    give_up   running              queued, failed      queued: it is tried again
    requeue   failed, done         queued              done: there are new sizes

Two workers may have the same job in hand, a dead one may turn out to be alive, and a person may
press "retry" twice. So nothing here reads first and writes afterwards: an UPDATE names the state
that it starts from, and the row that it returns, or does not, tells whether it was in time.

The functions do not commit: who calls them decides what belongs to the same transaction.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Update, update

from common import clock

from .models import Job, Status, db

ACTIVE = ("queued", "running")
PAUSES = {
    # after which attempt: how long
    1: timedelta(seconds=10),
    2: timedelta(seconds=60),
}
ATTEMPTS = 3


def claim(job_id: str, until: datetime) -> str | None:
    """Take the job for a worker, until a moment; return who it is now claimed by, or None.

    To be had is a job whose `due_at` has come: a queued one, or a running one whose claim has run
    out, since its worker is dead or lost. In both cases fewer than `ATTEMPTS` attempts must have
    been begun. The claim makes it running, counts the attempt, writes a new random name of 32
    hexadecimal digits into `claimed_by`, and ends at ``until``, the new `due_at`.

    It is one conditional UPDATE: of two workers at once, one gets None.
    """
    statement = update(Job).where(
        Job.id == job_id,
        Job.status.in_(ACTIVE),
        Job.due_at <= clock.now(),
        Job.attempts < ATTEMPTS,
    )
    claimed_by = uuid.uuid4().hex
    statement = statement.values(
        status="running",
        attempts=Job.attempts + 1,
        claimed_by=claimed_by,
        due_at=until,
    )
    if changes_a_row(statement):
        return claimed_by
    return None


def renew(job_id: str, claimed_by: str, until: datetime) -> bool:
    """Keep a claim for longer; False when the job is no longer this worker's.

    Call it first in the transaction that keeps a result: until the commit nobody else can take
    or delete the job, so what is written for it is not written in vain.
    """
    statement = update(Job).where(
        Job.id == job_id,
        Job.claimed_by == claimed_by,
    )
    return changes_a_row(statement.values(due_at=until))


def settle(job_id: str, claimed_by: str) -> bool:
    """Mark the job done and its last error forgotten; False when it is not this worker's."""
    statement = update(Job).where(
        Job.id == job_id,
        Job.claimed_by == claimed_by,
    )
    statement = statement.values(
        status="done",
        error=None,
        claimed_by=None,
    )
    return changes_a_row(statement)


def give_up(
    job_id: str, claimed_by: str, error: str, *, attempt: int, permanent: bool = False
) -> bool:
    """End the ``attempt``-th attempt with an ``error``; False when the job is not this worker's.

    A passing trouble puts the job back into the queue, due after the pause that `PAUSES` has for
    this attempt. A ``permanent`` one, or the last attempt, makes it failed.
    """
    statement = update(Job).where(
        Job.id == job_id,
        Job.claimed_by == claimed_by,
    )
    statement = statement.values(error=error, claimed_by=None)
    if permanent or attempt >= ATTEMPTS:
        statement = statement.values(status="failed")
    else:
        due_at = clock.now() + PAUSES[attempt]
        statement = statement.values(status="queued", due_at=due_at)
    return changes_a_row(statement)


def give_up_lost() -> bool:
    """Fail the jobs whose workers died in every attempt: such an image may be what kills them."""
    statement = update(Job).where(
        Job.status == "running",
        Job.due_at <= clock.now(),
        Job.attempts >= ATTEMPTS,
    )
    statement = statement.values(
        status="failed",
        error=f"The worker died in all {ATTEMPTS} attempts.",
        claimed_by=None,
    )
    return changes_a_row(statement)


def requeue(job_id: str, status: Status) -> bool:
    """Queue a job again, due now, with all its attempts; False when it has another status.

    ``status`` is "failed" for one that is retried, "done" for one that has more to do.
    """
    statement = update(Job).where(Job.id == job_id, Job.status == status)
    statement = statement.values(
        status="queued",
        attempts=0,
        error=None,
        due_at=clock.now(),
    )
    return changes_a_row(statement)


def changes_a_row(statement: Update) -> bool:
    """Execute an UPDATE of jobs; tell whether there was one that it was right for."""
    return db.session.scalar(statement.returning(Job.id)) is not None
