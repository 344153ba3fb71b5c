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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from classroom.handout.starter import StarterError, stub
from classroom.ideas import ROOT, Idea, IdeaError, UnknownIdeaError, discover, find

from .mutation import Mutant, mutants
from .trials import Laboratory, Outcome, Trial

STORIES = "test_stories.py"
LOG = 3000  # characters of it that are shown


class MutantsError(Exception):
    """These tests cannot be judged; the message says why."""


@dataclass
class Report:
    """What came out for one project."""

    idea: str
    seconds: float = 0
    stubs: dict[str, Outcome] = field(default_factory=dict)
    mutants: dict[str, Counter[str]] = field(default_factory=dict)  # killed, hung, survived
    survivors: list[tuple[str, Mutant]] = field(default_factory=list)  # with their modules

    @property
    def unnoticed(self) -> list[str]:
        """The stubs that no story test notices, or that keep the app from starting."""
        return [name for name, it in self.stubs.items() if it.failing == 0 or not it.boots]


def examine(idea: Idea, more: Sequence[str], jobs: int, root: Path = ROOT) -> Report:
    """Try the stubs of one project, and the mutants of their modules and of ``more`` modules.

    Raises MutantsError if its tests fail as they are.
    """
    began = time.monotonic()
    report = Report(idea.slug)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        laboratory = Laboratory(idea, Path(folder), jobs, root)
        [(_, as_it_is)] = laboratory.run([Trial(laboratory.tests)])
        if not as_it_is.passed:
            raise MutantsError(f"{idea.slug}: its tests fail as they are.\n{as_it_is.log[-LOG:]}")
        laboratory.limit = 10 + 4 * (time.monotonic() - began)
        stubs = dict(_stub(idea, laboratory, name) for name in idea.stubs)
        names = {trial: name for name, trial in stubs.items()}
        for trial, outcome in _shown(laboratory, [*stubs.values()], f"{idea.slug}, stubs"):
            report.stubs[names[trial]] = outcome
        modules = dict.fromkeys([*(name.partition(".")[0] for name in idea.stubs), *more])
        for module in modules:
            _try_mutants(idea, laboratory, module, report)
    report.seconds = time.monotonic() - began
    return report


def _stub(idea: Idea, laboratory: Laboratory, name: str) -> tuple[str, Trial]:
    module, _, function = name.partition(".")
    source = (idea.folder / laboratory.path(module)).read_text("utf-8")
    return name, Trial((STORIES,), module, stub(source, function, name), stop_at_first=False)


def _try_mutants(idea: Idea, laboratory: Laboratory, module: str, report: Report) -> None:
    """Try the mutants of a module: on its own tests, and what they let live on all others."""
    source = (idea.folder / laboratory.path(module)).read_text("utf-8")
    alive = [*mutants(source)]
    count = report.mutants[module] = Counter()
    own = f"test_{module.rpartition('.')[2]}.py"
    others = sorted({*laboratory.tests} - {own}, key=lambda name: (name != STORIES, name))
    for tests in ((own,) if own in laboratory.tests else (), tuple(others)):
        trials = {Trial(tests, module, mutant.source): mutant for mutant in alive if tests}
        what = f"{idea.slug}, mutants of {module}, {'own' if own in tests else 'other'} tests"
        for trial, outcome in _shown(laboratory, [*trials], what):
            if not outcome.passed:
                count["hung" if outcome.hung else "killed"] += 1
                alive.remove(trials[trial])
    count["survived"] = len(alive)
    report.survivors += [(module, mutant) for mutant in alive]
    print(f"{idea.slug}, {module}: {len(alive)} of {count.total()} survive", file=sys.stderr)


def _shown(
    laboratory: Laboratory, trials: Sequence[Trial], what: str
) -> Iterator[tuple[Trial, Outcome]]:
    """Run the trials and show how far they are."""
    live = sys.stderr.isatty()
    for number, pair in enumerate(laboratory.run(trials), 1):
        if live or number == len(trials) or number % 50 == 0:
            end = "\r" if live and number < len(trials) else "\n"
            print(f"{what}: {number} of {len(trials)}", end=end, file=sys.stderr, flush=True)
        yield pair


def text(report: Report) -> str:
    """Return the report as a table for people."""
    lines = [f"{report.idea} ({report.seconds:.0f} s)", "", "  stub", ""]
    for name, it in sorted(report.stubs.items()):
        verdict = "ok" if name not in report.unnoticed else "NO STORY TEST FAILS"
        if not it.boots:
            verdict = "THE APP DOES NOT START"
        elif it.failing == it.tests:
            verdict = "ok, but every story test fails"
        lines.append(f"  {name:<32} {it.failing:5} of {it.tests} story tests fail  {verdict}")
    lines += ["", f"  {'module':<32} mutants  killed    hung  survived"]
    for module, count in report.mutants.items():
        numbers = (count.total(), count["killed"], count["hung"], count["survived"])
        lines.append(f"  {module:<32} {numbers[0]:7} {numbers[1]:7} {numbers[2]:7} {numbers[3]:9}")
    for module, mutant in sorted(report.survivors, key=lambda pair: (pair[0], pair[1].line)):
        lines += ["", f"  {module}, line {mutant.line}, survived:"]
        lines += [f"    - {line}" for line in mutant.old.splitlines()]
        lines += [f"    + {line}" for line in mutant.new.splitlines()]
    return "\n".join(lines)


def data(report: Report) -> dict[str, Any]:
    """Return the report as JSON data."""
    stubs = {name: asdict(outcome) for name, outcome in report.stubs.items()}
    for outcome in stubs.values():
        del outcome["log"]
    return {
        "idea": report.idea,
        "seconds": round(report.seconds, 1),
        "stubs": stubs,
        "unnoticed": report.unnoticed,
        "mutants": {module: dict(count) for module, count in report.mutants.items()},
        "survivors": [
            {"module": module, "line": mutant.line, "old": mutant.old, "new": mutant.new}
            for module, mutant in report.survivors
        ],
    }


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
    asked = [name.partition(":") for name in options.ideas]
    try:
        chosen = [(find(name, root), more.split(",") if more else []) for name, _, more in asked]
        reports = []
        for idea, more in chosen or [(idea, []) for idea in discover(root)]:
            reports.append(examine(idea, more, options.jobs, root))
            if not options.json:
                print(text(reports[-1]), end="\n\n", flush=True)
    except UnknownIdeaError as error:
        print(error, file=sys.stderr)
        return 2
    except (IdeaError, MutantsError, StarterError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([data(report) for report in reports], indent=2))
    return 1 if any(report.unnoticed for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
