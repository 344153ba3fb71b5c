"""Grade on many machines: start any number of workers.

``python -m classroom.grading.remote redis://…`` is a worker. With some of them,
``nox -s grade -- … --queue redis://…`` puts the submissions into a queue instead of grading them
itself. A job names the submission; workers find it, and the journal, in the same folders (shared,
at the same paths). Each grades in a sandbox of its own and writes to the journal, which takes every
submission once. The job of a killed worker is taken up by another within seconds: this is
``common.jobs``.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from rq import Worker

from classroom.ideas import find
from common import jobs
from common.jobs import worker

from .batch import Batch, Watcher, failed
from .entries import Entry
from .results import Submission
from .sandbox import Limits

POLL_SECONDS = 0.5
NO_WORKER = "No worker is there yet. Start one: python -m classroom.grading.remote {}"
LOST = "All workers that took it were killed."


@dataclass(frozen=True)
class Waiting:
    """A submission whose job is with the workers."""

    entry: Entry
    digest: str
    lines: int
    """So many lines the journal had of it before: more than none if the grader has failed."""

    def result(self, batch: Batch, lost: set[str]) -> Submission | None:
        """Return what has become of it; None as long as nothing has."""
        student = self.entry.student
        lines = batch.journal.lines(student, self.digest, batch.grader)
        if len(lines) > self.lines:
            return lines[-1]
        if student in lost:
            return failed(self.entry, LOST, self.digest)
        return None


def queue(url: str) -> jobs.JobQueue:
    """Return the queue of all grading."""
    app = Flask("classroom.grading.remote")
    app.config["REDIS_URL"] = url
    jobs.init_app(app)
    state: jobs.JobQueue = app.extensions["common_jobs"]
    return state


def grade_one(plan: dict[str, Any], student: str) -> None:
    """Grade one submission: what a worker does."""
    with Batch(
        find(plan["idea"], Path(plan["root"])),
        Path(plan["submissions"]),
        Path(plan["out"]),
        limits=Limits(**plan["limits"]),
        resume=True,
        unsafe=plan["unsafe"],
    ) as batch:
        [entry] = [entry for entry in batch.entries if entry.student == student]
        if batch.grader == plan["grader"]:
            batch.grade(entry)
        else:
            digest, _ = batch.look(entry)
            other = failed(entry, "A worker has another version of the grader.", digest)
            batch.journal.add(other, plan["grader"])


def grade_all(batch: Batch, url: str, watcher: Watcher) -> None:
    """Let workers grade everything and wait for them."""
    state = queue(url)
    plan = {
        "idea": batch.idea.slug,
        "root": str(batch.root),
        "submissions": str(batch.submissions),
        "out": str(batch.out),
        "limits": asdict(batch.limits),
        "unsafe": batch.unsafe,
        "grader": batch.grader,
    }
    waiting = []
    for entry in batch.entries:
        digest, known = batch.look(entry)
        if known is not None:
            batch.finish(known, watcher)
            continue
        lines = batch.journal.lines(entry.student, digest, batch.grader)
        waiting.append(Waiting(entry, digest, len(lines)))
        with state.app.app_context():
            jobs.enqueue(grade_one, plan, entry.student)
    if waiting and not Worker.count(queue=state.queue):
        print(NO_WORKER.format(url), file=sys.stderr)
    while waiting:
        time.sleep(POLL_SECONDS)
        lost = _lost(state, plan)
        for one in list(waiting):
            result = one.result(batch, lost)
            if result is not None:
                waiting.remove(one)
                batch.finish(result, watcher)


def _lost(state: jobs.JobQueue, plan: dict[str, Any]) -> set[str]:
    """Return whose jobs have failed: by an exception, or with one worker after the other."""
    students = set()
    for name in state.queue.failed_job_registry.get_job_ids():
        job = state.queue.fetch_job(name)
        if job is not None and job.args[0] == plan:
            students.add(job.args[1])
    return students


def main(arguments: Sequence[str] | None = None) -> None:
    """Be a worker until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.grading.remote",
        description="Grade what `--queue URL` sends. Folders must be the same on all machines.",
    )
    parser.add_argument("url", metavar="URL", help="redis://… of the queue")
    parser.add_argument("--burst", action="store_true", help="stop as soon as the queue is empty")
    options = parser.parse_args(arguments)
    work = worker.command(queue(options.url))
    work(["--burst"] if options.burst else [])


if __name__ == "__main__":
    main()
