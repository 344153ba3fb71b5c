"""``flask worker``: RQ's worker for one application.

RQ's worker forks a process for each job and watches it. This one differs in five points:

- It notices a death in seconds. While a job runs, its worker renews a lease of ``LEASE`` seconds
  every ``HEARTBEAT``. Every worker puts jobs back whose lease has run out. (RQ itself gives a job
  back after a minute if its worker died in the instant between taking and beginning it.)
- If a worker is killed, the process that runs its job ends too, so that no job runs twice at once.
- It has no thread and no scheduler process: a process with threads must not fork, and a scheduler
  would outlive a killed worker. What they would do it does between two jobs and every second.
- It waits half a minute for a server that is away, in mid-job too.
- Each job runs in an application context of its own, without the parent's database connections.
"""

import logging
import os
import secrets
import signal
import sys
import threading
import time
from types import FrameType

import click
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as Reconnect
from rq import Queue, SimpleWorker, Worker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.logutils import colorizer
from rq.registry import clean_registries
from rq.timeouts import BaseDeathPenalty
from rq.worker import BaseWorker
from rq.worker_registration import clean_worker_registry

from common.jobs.queue import JobQueue

HEARTBEAT = 2  # seconds
LEASE = 6  # seconds
WORKER_TTL = 16  # seconds; RQ waits 15 less for a job, that is one, before it looks around


def command(job_queue: JobQueue) -> click.Command:
    """Return the command ``flask worker`` for one application."""

    @click.command("worker")
    @click.option("--burst", is_flag=True, help="Stop as soon as the queue is empty.")
    @click.option("--parent", type=int, hidden=True, help="Stop when this process has ended.")
    def worker(burst: bool, parent: int | None) -> None:
        """Run jobs until Ctrl-C or SIGTERM, and finish the one in hand."""
        if sys.platform == "win32":
            raise click.ClickException("RQ's worker forks, and Windows cannot: use WSL.")
        _log_plainly()
        running = JobWorker(job_queue, parent)
        running.work(burst=burst)
        if not burst and not running.asked_to_stop:
            raise SystemExit(1)  # RQ has logged why; whoever supervises us starts another

    return worker


def _log_plainly() -> None:
    formatter = logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logger = logging.getLogger("rq")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    colorizer.notty = True


class _InApp(BaseWorker):
    """What both workers do alike."""

    job_queue: JobQueue
    log_result_lifespan = False

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self.job_queue.app.app_context():  # its end removes the database session
            return super().perform_job(job, queue, execution)

    def handle_exception(self, job: Job, *exc_info: object) -> None:
        if not isinstance(exc_info[1], RedisError):
            job.retries_left = 0  # the retries are for crashes
        super().handle_exception(job, *exc_info)


class JobWorker(_InApp, Worker):
    """A worker that runs each job in a process of its own."""

    max_connection_wait_time = 5.0

    def __init__(self, job_queue: JobQueue, parent: int | None = None) -> None:
        super().__init__(
            [job_queue.queue],
            name=f"{job_queue.app.name}-{secrets.token_hex(3)}",
            connection=job_queue.redis,
            job_monitoring_interval=HEARTBEAT,
            worker_ttl=WORKER_TTL,
        )
        job_queue.redis.set_retry(Reconnect(ExponentialBackoff(cap=1, base=0.05), retries=30))
        self.job_queue = job_queue
        self.asked_to_stop = False
        self._parent = parent

    def subscribe(self) -> None:
        """Leave out RQ's thread for commands from afar."""

    def register_birth(self) -> None:
        """Start with a sweep."""
        super().register_birth()  # type: ignore[no-untyped-call]  # RQ
        self.job_queue.sweep(at_start=True)

    def run_maintenance_tasks(self) -> None:
        """Look around: before each job, and every second without one."""
        if self._parent not in {None, os.getppid()}:
            self.asked_to_stop = True
            raise StopRequested
        self.job_queue.enqueue_due()
        self.job_queue.sweep()
        queue = self.job_queue.queue
        if self.connection.set(f"jobs:{queue.name}:recovery", 1, nx=True, ex=1):  # one of us all
            clean_registries(queue)
            clean_worker_registry(queue)
            queue.intermediate_queue.cleanup(self, queue)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0) -> int:  # noqa: ARG002  # RQ's
        """Return for how many seconds a sign of life holds a job."""
        return LEASE

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the job in hand."""
        self.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork the process that runs the job; no database connection goes with it."""
        if db := self.job_queue.app.extensions.get("sqlalchemy"):
            with self.job_queue.app.app_context():
                for engine in db.engines.values():
                    engine.dispose()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run the job, in the forked process."""
        threading.Thread(target=_end_with, args=[self.pid], daemon=True).start()
        super().main_work_horse(job, queue)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os.killpg(0, signal.SIGKILL)  # with whatever the job has started


class _NoTimeout(BaseDeathPenalty):
    def setup_death_penalty(self) -> None:
        pass

    def cancel_death_penalty(self) -> None:
        pass


class WorkerHere(_InApp, SimpleWorker):
    """A worker for tests: it runs jobs in this process, without signals."""

    death_penalty_class = _NoTimeout

    def __init__(self, job_queue: JobQueue) -> None:
        super().__init__([job_queue.queue], connection=job_queue.redis)
        self.job_queue = job_queue
