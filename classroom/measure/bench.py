"""Measure what the house costs: ``python -m classroom.measure.bench [TARGET…]``.

Each route of ``bench.toml`` is served by gunicorn on loopback, and beside it the same answer
without ``common`` (``bare.py``): by a route that returns a constant, and by plain Flask-SQLAlchemy.
The servers are asked in turn, round after round, so that whatever else the machine does meets all
of them, and medians are compared. A ratio of 0.85 means 85 requests in the time in which the bare
one answers 100. Besides, each is called in a process without a server: microseconds of processor
time of a request, which a busy machine disturbs less, and the process's peak of memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classroom.ideas import ROOT, IdeaError, UnknownIdeaError, find

from .load import rate, serving

TOY = "common"  # the target that is no project
BARE = "classroom.measure.bare"
AIM = 0.85
ROWS = 1000


@dataclass(frozen=True)
class Result:
    """How one application did: requests per second; microseconds and MB in a process."""

    per_second: float
    microseconds: float
    megabytes: float


@dataclass(frozen=True)
class Row:
    """One route: the project, Flask with a constant, and Flask-SQLAlchemy if there is a query."""

    target: str
    path: str
    project: Result
    constant: Result
    query: Result | None = None

    @property
    def ratio(self) -> float:
        """Requests per second, compared with the bare query, or else with the constant."""
        return self.project.per_second / (self.query or self.constant).per_second


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float  # of a round, for each server
    requests: int  # in a process


def measure(target: str, routes: list[dict[str, str]], effort: Effort, root: Path) -> Iterator[Row]:
    """Yield what comes out for the routes of one target, on data of its own."""
    if target == TOY:
        app = "classroom.measure.toy:toy()"
        folder = ROOT
    else:
        app = "wsgi:app"
        folder = find(target, root).folder
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        environment = {
            **os.environ,
            "INSTANCE_PATH": name,
            "SECRET_KEY": "only-to-measure-" * 2,
            "PYTHONPATH": str(ROOT),
            "FLASK_APP": app.removesuffix(":app"),
        }
        run([sys.executable, "-m", "flask", "seed"], folder, environment)
        if target != TOY:
            run([sys.executable, "tests/growth.py", str(ROWS)], folder, environment)
        for route in routes:
            results = compared(app, route, effort, folder, environment)
            yield Row(target, route["path"], *results)


def compared(
    app: str, route: dict[str, str], effort: Effort, folder: Path, environment: dict[str, str]
) -> list[Result]:
    """Return how the application did with a route, and the bare ones beside it."""
    path = route["path"]
    data = Path(environment["INSTANCE_PATH"])
    answer = data / "answer.json"
    first = alone(app, path, effort, folder, environment)
    answer.write_text(json.dumps(first["answer"]), "utf-8")
    bare = [f"{BARE}:constant({str(answer)!r})"]
    if "query" in route:
        [database] = data.glob("*.sqlite")
        bare.append(f"{BARE}:query({route['query']!r}, {str(database)!r})")
    found = [first]
    for other in bare:
        found.append(alone(other, path, effort, folder, environment))
    results = []
    rates = served([app, *bare], path, effort, folder, environment)
    for per_second, one in zip(rates, found, strict=True):
        result = Result(per_second, one["microseconds"], one["megabytes"])
        results.append(result)
    return results


def alone(
    app: str, path: str, effort: Effort, folder: Path, environment: dict[str, str]
) -> dict[str, Any]:
    """Return what comes out when an application is asked in a process without a server."""
    command = [sys.executable, "-m", "classroom.measure.load", app, path, str(effort.requests)]
    found: dict[str, Any] = json.loads(run(command, folder, environment))
    return found


def served(
    apps: list[str], path: str, effort: Effort, folder: Path, environment: dict[str, str]
) -> list[float]:
    """Return the requests per second of each application, asked in turn."""
    rates: list[list[float]] = [[] for _ in apps]
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(app, folder, environment)) for app in apps]
        for _ in range(effort.rounds):
            for port, taken in zip(ports, rates, strict=True):
                taken.append(rate(port, path, effort.seconds))
    return [statistics.median(taken) for taken in rates]


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Return what a command prints; OSError with its words if it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise OSError(f"{' '.join(command[1:])}:\n{done.stderr}")
    return done.stdout


def text(rows: Sequence[Row]) -> str:
    """Return the table for people."""
    lines = [
        f"{'':<44} {'requests per second':^30}  {'microseconds':^22}  {'MB':^12}",
        f"{'route':<44} {'here':>6} {'query':>6} {'Flask':>6} {'ratio':>8}  "
        f"{'here':>6} {'query':>7} {'Flask':>7}  {'here':>5} {'Flask':>5}",
    ]
    reach = 0
    for row in rows:
        lines.append(_line(row))
        reach += row.ratio >= AIM
    lines.append("")
    lines.append(f"{reach} of {len(rows)} routes reach {AIM} of the bare one.")
    return "\n".join(lines)


def _line(row: Row) -> str:
    here = row.project
    flask = row.constant
    per_second = microseconds = "-"
    if row.query is not None:
        per_second = f"{row.query.per_second:.0f}"
        microseconds = f"{row.query.microseconds:.0f}"
    return (
        f"{row.target + ' ' + row.path:<44} "
        f"{here.per_second:6.0f} {per_second:>6} {flask.per_second:6.0f} {row.ratio:8.2f}  "
        f"{here.microseconds:6.0f} {microseconds:>7} {flask.microseconds:7.0f}  "
        f"{here.megabytes:5.0f} {flask.megabytes:5.0f}"
    )


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    table = tomllib.loads((root / "classroom/measure/bench.toml").read_text("utf-8"))
    parser = argparse.ArgumentParser(
        prog="python -m classroom.measure.bench",
        description="Compare the routes named in classroom/measure/bench.toml with bare Flask.",
        epilog="Exit code: 0 measured, 1 it could not be done, 2 wrong usage.",
    )
    parser.add_argument(
        "targets", metavar="TARGET", nargs="*", help=f"from: {', '.join(table)}; default: all"
    )
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="of a round and server (default: %(default)s)"
    )
    parser.add_argument(
        "--requests", type=int, default=2000, help="in a process (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if unknown := set(options.targets) - set(table):
        parser.error(f"{', '.join(sorted(unknown))}: not in classroom/measure/bench.toml")
    effort = Effort(options.rounds, options.seconds, options.requests)
    rows: list[Row] = []
    try:
        for target in options.targets or table:
            print(f"Measuring {target} …", file=sys.stderr)
            rows += measure(target, table[target], effort, root)
    except (IdeaError, UnknownIdeaError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        data = [{**asdict(row), "ratio": row.ratio} for row in rows]
        print(json.dumps(data, indent=2))
    else:
        print(text(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
