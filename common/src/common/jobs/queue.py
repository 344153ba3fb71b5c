"""The queue of one application: RQ's, its jobs for later, its sweep, and its own server."""

import logging
import os
import socket
import sys
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from flask import Flask
from pydantic import Field
from redis import ConnectionPool, Redis, UnixDomainSocketConnection
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.retry import Retry as Reconnect
from rq import Queue, Retry
from rq.exceptions import StopRequested
from rq.job import Job, JobStatus

from common import clock
from common.settings import Settings

CRASHES = 3  # a job that has taken more workers with it than this has failed
TIMEOUT = 3600  # seconds that a job may run
SWEEP = 60  # seconds between two sweeps
KEPT = timedelta(days=7)  # how long a failed job can be looked at
DUE_AT_ONCE = 1000  # jobs moved in one transaction
RETRIES = 3  # within 0.4 s: a request must not wait for a server that is away
CONNECT_SECONDS = 1  # that a server may take to accept a connection


class JobSettings(Settings):
    """The settings of a project with jobs."""

    redis_url: str | None = Field(
        None,
        pattern="^(rediss?|unix)://",
        description="redis://…, rediss://… or unix://…; default: a server of its own in instance/.",
    )


class JobQueue:
    """The queue of one application: ``app.extensions["common_jobs"]``."""

    def __init__(self, app: Flask, sweep: Callable[[], object] | None) -> None:
        self.app = app
        self.redis = _redis(app)
        self.queue = Queue(app.name, connection=self.redis)
        self._sweep = sweep
        weakref.finalize(self, self.redis.close)  # at exit, too

    def add(
        self, func: Callable[..., object], args: tuple[Any, ...], at: datetime, job_id: str | None
    ) -> None:
        """Put a job into the queue, or among those for later; see ``enqueue``."""
        crashes = Retry(max=CRASHES)
        job = self.queue.create_job(
            func, args=args, timeout=TIMEOUT, failure_ttl=int(KEPT.total_seconds()), retry=crashes
        )
        scheduled = self.queue.scheduled_job_registry
        marker = f"jobs:{self.queue.name}:waiting:{job_id}"  # which of RQ's jobs waits under job_id
        delay = max(at - clock.now(), timedelta(0))

        def put(pipe: Pipeline) -> None:
            waiting = job_id and self._waiting(cast("bytes | None", pipe.get(marker)))
            pipe.multi()
            if waiting:
                pipe.zadd(scheduled.key, {waiting: at.timestamp()}, xx=True, lt=True)
                return
            if job_id:
                pipe.set(marker, job.id, ex=delay + KEPT)
            if delay:
                self.queue.schedule_job(job, at, pipeline=pipe)
                pipe.zadd(scheduled.key, {job.id: at.timestamp()})  # RQ drops the fraction
            else:
                self.queue.enqueue_job(job, pipeline=pipe)

        self.redis.transaction(put, marker)  # and again from the start if the marker has changed

    def _waiting(self, rq_id: bytes | None) -> str | None:
        job = self.queue.fetch_job(rq_id.decode()) if rq_id else None
        if job and job.get_status(refresh=False) in {JobStatus.QUEUED, JobStatus.SCHEDULED}:
            return job.id
        return None

    def enqueue_due(self) -> None:
        """Move the jobs whose time has come into the queue: once, however many workers do it."""
        key = self.queue.scheduled_job_registry.key

        def move(pipe: Pipeline) -> None:
            due = pipe.zrangebyscore(key, 0, clock.now().timestamp(), start=0, num=DUE_AT_ONCE)
            rq_ids = [rq_id.decode() for rq_id in cast("list[bytes]", due)]
            jobs = Job.fetch_many(rq_ids, self.redis)
            pipe.multi()
            for rq_id, job in zip(rq_ids, jobs, strict=True):
                pipe.zrem(key, rq_id)
                if job is not None:
                    self.queue.enqueue_job(job, pipeline=pipe)

        self.redis.transaction(move, key)

    def sweep(self, *, at_start: bool = False) -> None:
        """Call the project's sweep: at a start, or if no worker has within the last minute."""
        if self._sweep is None:
            return
        due = self.redis.set(f"jobs:{self.queue.name}:swept", 1, nx=True, ex=SWEEP)
        if not due and not at_start:
            return
        try:
            with self.app.app_context():
                self._sweep()
        except StopRequested:
            raise
        except Exception:
            logging.getLogger("rq.worker").exception("The sweep failed; the next one tries again")

    def close(self) -> None:
        """Close the connections, and so leave the server; the next use opens new ones."""
        self.redis.close()


def _redis(app: Flask) -> Redis:
    """Return the connections to the server of the queue; a worker waits longer (JobWorker)."""
    retry = Reconnect(ExponentialBackoff(cap=1, base=0.05), retries=RETRIES)
    url = app.config["REDIS_URL"]
    if url is not None:
        return Redis.from_url(url, retry=retry, socket_connect_timeout=CONNECT_SECONDS)
    pool = ConnectionPool(
        _OwnServer,
        folder=Path(app.config.get("QUEUE_FOLDER") or Path(app.instance_path, "queue")),
        retry=retry,
    )
    return Redis.from_pool(pool)


class _OwnServer(UnixDomainSocketConnection):
    """A connection to the project's own server, which runs as long as there is one of these."""

    _user: int | None = None

    def __init__(self, folder: Path, **options: Any) -> None:  # redis-py's own
        super().__init__(**options)  # type: ignore[no-untyped-call]  # redis-py
        self._folder = folder

    def _connect(self) -> socket.socket:
        if sys.platform == "win32":
            raise RuntimeError("There is no server to start on Windows: set REDIS_URL.")
        from common.jobs import server  # noqa: PLC0415  # cannot be imported on Windows

        if self._user is None:
            self._user = server.join(self._folder)
        self.path = str(server.socket_path(self._folder))
        return cast("socket.socket", super()._connect())  # type: ignore[no-untyped-call]

    def disconnect(self, *args: Any, **options: Any) -> None:  # redis-py's own
        super().disconnect(*args, **options)  # type: ignore[no-untyped-call]
        if self._user is not None:
            os.close(self._user)
            self._user = None
