"""Background jobs: RQ's queue and workers, on any Redis or Valkey, or on a server of our own.

A project calls ``jobs.init_app(app)`` and, after its commit, ``jobs.enqueue(render, image.id)``.
``flask run`` starts one worker beside itself; ``flask worker`` adds more, on other machines too.

How it works:

- **Where.** On ``REDIS_URL``, or else on a real server in ``instance/queue`` that the project's
  processes share: it starts with the first connection and ends with the last (``jobs.server``).
  Each application has its own queue, named after it.
- **At least once.** A worker that dies loses its hold on its job within seconds, and another puts
  the job back, at most ``CRASHES`` times (``jobs.worker``). So functions must be idempotent, and
  the project's rows, not the queue, say what is done. An exception is no crash: the job has
  failed, and whether to try again is for the project to say.
- **Later.** ``enqueue(..., at=moment)`` waits in a sorted set. Every worker looks once a second for
  what is due by ``common.clock``: there is no scheduler process that could be missing.
- **Lost alarms.** Between a commit and ``enqueue`` a process can die. ``sweep`` is the project's
  function that enqueues such rows again; it runs when a worker starts and once a minute.
"""

import subprocess
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from rq import Queue

from common import beside, clock
from common.jobs import worker
from common.jobs.queue import JobQueue, JobSettings

__all__ = ["JobQueue", "JobSettings", "enqueue", "init_app", "run_until_idle", "start_worker"]


def init_app(app: Flask, sweep: Callable[[], object] | None = None) -> None:
    """Give ``app`` a queue and the command ``flask worker``; after ``common.init_app``.

    ``sweep`` enqueues what is due by the rows and may be missing in the queue. Nothing is started
    here, except under ``flask run``: there, one worker beside it.
    """
    state = app.extensions["common_jobs"] = JobQueue(app, sweep)
    app.cli.add_command(worker.command(state))
    if beside.in_flask_run():
        start_worker(app)


def enqueue(
    func: Callable[..., object],
    *args: Any,  # whatever func takes
    at: datetime | None = None,
    job_id: str | None = None,
) -> None:
    """Have a worker call ``func(*args)`` in an application context, now or ``at`` a moment.

    Call it after the commit: workers are quick. ``func`` is a function of a module; ``args`` are
    pickled: pass ids, not rows. While a job waits under ``job_id``, no second one is added, and of
    two times the earlier counts. A job that has begun does not wait any more.
    """
    state: JobQueue = current_app.extensions["common_jobs"]
    state.add(func, args, at or clock.now(), job_id)


def run_until_idle(app: Flask) -> None:
    """Do in this process what a worker would do at this moment, until nothing is left: for tests.

    That is the sweep, the queue and the scheduled jobs due by ``common.clock``. An exception in a
    job is logged and the job kept as failed, as with any worker.
    """
    state: JobQueue = app.extensions["common_jobs"]
    here = worker.WorkerHere(state)
    state.sweep(at_start=True)
    while True:
        state.enqueue_due()
        found = Queue.dequeue_any([state.queue], None, state.redis)
        if found is None:
            return
        here.execute_job(*found)


def start_worker(app: Flask) -> "subprocess.Popen[bytes]":
    """Start ``flask worker`` for ``app`` as a child process, which ends with this one.

    If this process is killed, the child finishes the job in hand first. If the child is killed,
    the next worker takes its job up again.
    """
    return beside.start(app, "worker")
