"""See how sharp the tests are: ``python -m classroom.measure.mutants [IDEA[:MODULE,…]…]``.

First each function that ``idea.toml`` names under ``stubs`` loses its body, as it does in the
starter. The app must still start and show its page, and a story test must fail: else nobody would
notice that it is not written. Then the modules of these functions are broken in small ways
(``classroom.measure.mutation``), and what no test of the project notices is listed.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from classroom.handout.cutting import StarterError, stub
from classroom.ideas import ROOT, Idea, IdeaError, UnknownIdeaError, discover, find

from .mutation import mutants
from .sharpness import Report, data, text
from .trials import Laboratory, Outcome, Trial

STORIES = "test_stories.py"
LOG = 3000  # characters of it that are shown


class MutantsError(Exception):
    """These tests cannot be judged; the message says why."""


def examine(idea: Idea, more: Sequence[str], jobs: int, root: Path = ROOT) -> Report:
    """Try the stubs of one project, and the mutants of their modules and of ``more`` modules.

    Raises MutantsError if its tests fail as they are.
    """
    began = time.monotonic()
    report = Report(idea.slug)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        laboratory = Laboratory(idea, Path(folder), jobs, root)
        for _, as_it_is in laboratory.run([Trial(laboratory.tests)]):
            if not as_it_is.passed:
                end = as_it_is.log[-LOG:]
                raise MutantsError(f"{idea.slug}: its tests fail as they are.\n{end}")
        laboratory.limit = 10 + 4 * (time.monotonic() - began)
        _try_stubs(idea, laboratory, report)
        modules = [name.partition(".")[0] for name in idea.stubs]
        modules += more
        for module in dict.fromkeys(modules):  # each once
            _try_mutants(idea, laboratory, module, report)
    report.seconds = time.monotonic() - began
    return report


def _try_stubs(idea: Idea, laboratory: Laboratory, report: Report) -> None:
    """Try the project without each of the functions that students write, on its stories."""
    names = {}
    for name in idea.stubs:
        module, _, function = name.partition(".")
        source = stub(_source(idea, laboratory, module), function, name)
        trial = Trial((STORIES,), module, source, stop_at_first=False)
        names[trial] = name
    for trial, outcome in _shown(laboratory, list(names), f"{idea.slug}, stubs"):
        report.stubs[names[trial]] = outcome


def _try_mutants(idea: Idea, laboratory: Laboratory, module: str, report: Report) -> None:
    """Try the mutants of a module: on its own tests, and what they let live on all others."""
    alive = list(mutants(_source(idea, laboratory, module)))
    count: Counter[str] = Counter()
    report.mutants[module] = count
    own_tests = f"test_{module.rpartition('.')[2]}.py"
    own = [name for name in laboratory.tests if name == own_tests]
    others = [name for name in laboratory.tests if name != own_tests]
    others.sort(key=lambda name: (name != STORIES, name))
    for which, tests in (("own", own), ("other", others)):
        if not tests:
            continue
        trials = {Trial(tuple(tests), module, mutant.source): mutant for mutant in alive}
        what = f"{idea.slug}, mutants of {module}, {which} tests"
        for trial, outcome in _shown(laboratory, list(trials), what):
            if not outcome.passed:
                count["hung" if outcome.hung else "killed"] += 1
                alive.remove(trials[trial])
    count["survived"] = len(alive)
    for mutant in alive:
        report.survivors.append((module, mutant))
    print(f"{idea.slug}, {module}: {len(alive)} of {count.total()} survive", file=sys.stderr)


def _source(idea: Idea, laboratory: Laboratory, module: str) -> str:
    file = idea.folder / laboratory.path(module)
    return file.read_text("utf-8")


def _shown(
    laboratory: Laboratory, trials: Sequence[Trial], what: str
) -> Iterator[tuple[Trial, Outcome]]:
    """Run the trials and show how far they are."""
    is_terminal = sys.stderr.isatty()
    for number, pair in enumerate(laboratory.run(trials), 1):
        is_last = number == len(trials)
        if is_terminal or is_last or number % 50 == 0:
            end = "\r" if is_terminal and not is_last else "\n"
            print(f"{what}: {number} of {len(trials)}", end=end, file=sys.stderr, flush=True)
        yield pair


def _chosen(names: Sequence[str], root: Path) -> list[tuple[Idea, list[str]]]:
    """Return the projects, each with the modules besides those of its stubs."""
    if not names:
        return [(idea, []) for idea in discover(root)]
    chosen = []
    for name in names:
        slug, _, modules = name.partition(":")
        more = modules.split(",") if modules else []
        chosen.append((find(slug, root), more))
    return chosen


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.measure.mutants",
        description="Break each project in small ways and see that its tests notice.",
        epilog="Exit code: 0 every stub is noticed, 1 one is not or tests fail as they are, "
        "2 wrong usage. Mutants that survive are listed; judge them yourself.",
    )
    parser.add_argument(
        "ideas",
        metavar="IDEA",
        nargs="*",
        help="a project, such as recipes, or with further modules: recipes:names,writing; "
        "default: all projects",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count(),
        metavar="N",
        help="runs at a time (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # take copies and runs along
    reports = []
    try:
        for idea, more in _chosen(options.ideas, root):
            report = examine(idea, more, options.jobs, root)
            reports.append(report)
            if not options.json:
                print(text(report), end="\n\n", flush=True)
    except UnknownIdeaError as error:
        print(error, file=sys.stderr)
        return 2
    except (IdeaError, MutantsError, StarterError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        found = [data(report) for report in reports]
        print(json.dumps(found, indent=2))
    is_unsound = any(report.unnoticed for report in reports)
    return 1 if is_unsound else 0


if __name__ == "__main__":
    sys.exit(main())
