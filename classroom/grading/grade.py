"""Grade a class: ``python -m classroom.grading.grade IDEA SUBMISSIONS --out GRADES``.

Submissions are folders, archives or git repositories in one folder. Each runs in a sandbox; the
tests are the stories of the idea. A run that was ended goes on with ``--resume``.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from classroom.handout.cutting import StarterError
from classroom.handout.eject import EjectError
from classroom.ideas import ROOT, IdeaError, UnknownIdeaError, find

from .batch import Batch
from .journal import JournalError
from .live import Show
from .reports import write_reports
from .results import State
from .sandbox import LIMITS, Limits, SandboxError, cgroup, check
from .selftest import SelfTestError

INTERRUPTED = 130
UNSANDBOXED = """\
UNSANDBOXED: submissions run as you, with your files and your network. Every report says so."""
TROUBLE = (IdeaError, EjectError, StarterError, JournalError, SandboxError, SelfTestError, OSError)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        idea = find(options.idea, root)
    except UnknownIdeaError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        check(unsafe=options.unsafe)
        cgroup.sweep()
        with Batch(
            idea,
            options.submissions,
            options.out,
            limits=Limits(**dict(options.limit)),
            resume=options.resume,
            unsafe=options.unsafe,
        ) as batch:
            return _grade(batch, options)
    except TROUBLE as error:
        print(error, file=sys.stderr)
        return 1


def _grade(batch: Batch, options: argparse.Namespace) -> int:
    if options.unsafe:
        print(UNSANDBOXED, file=sys.stderr)
    if not batch.entries:
        print(f"There are no submissions in {options.submissions}.", file=sys.stderr)
        return 1
    reference, starter = batch.self_test(partial(print, flush=True))
    print(f"Self-test: the reference gets {reference:g} points, the starter {starter:g}.")
    interrupted = False
    try:
        with Show(len(batch.entries), options.jobs, batch.grades().score) as show:
            if options.queue:
                from . import remote  # noqa: PLC0415  # needs what only a project with jobs needs

                remote.grade_all(batch, options.queue, show)
            else:
                batch.grade_all(options.jobs, show)
    except KeyboardInterrupt:
        interrupted = True
    grades = batch.grades()
    write_reports(grades, options.out, after_due=options.after_due)
    graded, total = len(grades.submissions), len(batch.entries)
    print(f"{graded} of {total} graded. Reports: {options.out / 'class.html'}")
    if interrupted:
        print("The rest waits for --resume.", file=sys.stderr)
        return INTERRUPTED
    failures = sum(one.state is State.GRADER_ERROR for one in grades.submissions)
    if failures:
        print(
            f"{failures} have no grade, by a fault of the grader's: --resume tries again.",
            file=sys.stderr,
        )
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m classroom.grading.grade",
        description="Grade a folder of submissions by the stories of an idea, each in a sandbox.",
        epilog="Exit code: 0 every submission has its grade, 1 something failed, 2 wrong usage, "
        "130 ended by Ctrl-C.",
    )
    parser.add_argument("idea", metavar="IDEA", help="name of the project, such as url_shortener")
    parser.add_argument(
        "submissions", metavar="SUBMISSIONS", type=_folder, help="folder with one entry per student"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="where journal and reports go"
    )
    parser.add_argument(
        "--jobs", type=_positive, default=os.cpu_count() or 1, help="so many at once (all cores)"
    )
    parser.add_argument(
        "--queue", metavar="URL", help="let workers do it (python -m classroom.grading.remote URL)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the grades in DIR")
    parser.add_argument(
        "--after-due",
        action="store_true",
        help="show students what is theirs after the due date",
    )
    parser.add_argument(
        "--limit",
        metavar="NAME=NUMBER",
        type=_limit,
        action="append",
        default=[],
        help=f"another limit, in seconds or MB: {LIMITS}".replace("Limits", ""),
    )
    parser.add_argument(
        "--unsafe", action="store_true", help="no sandbox; every report is marked UNSANDBOXED"
    )
    return parser


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no folder")
    return folder


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of jobs")
    return int(text)


def _limit(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    if name not in asdict(LIMITS) or not re.fullmatch(r"\d+(\.\d+)?", number):
        raise argparse.ArgumentTypeError(f"{text!r} is no limit, such as request=20")
    return name, float(number) if "." in number else int(number)


if __name__ == "__main__":
    sys.exit(main())
