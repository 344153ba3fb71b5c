"""What came out when a project was broken in small ways: how sharp its tests are."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from .mutation import Mutant
from .trials import Outcome


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
        found = []
        for name, outcome in self.stubs.items():
            if outcome.failing == 0 or not outcome.boots:
                found.append(name)
        return found


def text(report: Report) -> str:
    """Return the report as a table for people."""
    lines = [f"{report.idea} ({report.seconds:.0f} s)", "", "  stub", ""]
    for name, outcome in sorted(report.stubs.items()):
        fail = f"{outcome.failing:5} of {outcome.tests} story tests fail"
        lines.append(f"  {name:<32} {fail}  {_verdict(outcome)}")
    lines += ["", f"  {'module':<32} mutants  killed    hung  survived"]
    for module, count in report.mutants.items():
        killed = f"{count.total():7} {count['killed']:7}"
        lines.append(f"  {module:<32} {killed} {count['hung']:7} {count['survived']:9}")
    for module, mutant in sorted(report.survivors, key=_place):
        lines += ["", f"  {module}, line {mutant.line}, survived:"]
        lines += [f"    - {line}" for line in mutant.old.splitlines()]
        lines += [f"    + {line}" for line in mutant.new.splitlines()]
    return "\n".join(lines)


def _verdict(outcome: Outcome) -> str:
    if not outcome.boots:
        return "THE APP DOES NOT START"
    if outcome.failing == outcome.tests:
        return "ok, but every story test fails"
    if outcome.failing == 0:
        return "NO STORY TEST FAILS"
    return "ok"


def _place(survivor: tuple[str, Mutant]) -> tuple[str, int]:
    module, mutant = survivor
    return module, mutant.line


def data(report: Report) -> dict[str, Any]:
    """Return the report as JSON data."""
    stubs = {}
    for name, outcome in report.stubs.items():
        stubs[name] = asdict(outcome)
        del stubs[name]["log"]
    survivors = []
    for module, mutant in report.survivors:
        survivor = {
            "module": module,
            "line": mutant.line,
            "old": mutant.old,
            "new": mutant.new,
        }
        survivors.append(survivor)
    return {
        "idea": report.idea,
        "seconds": round(report.seconds, 1),
        "stubs": stubs,
        "unnoticed": report.unnoticed,
        "mutants": {module: dict(count) for module, count in report.mutants.items()},
        "survivors": survivors,
    }
