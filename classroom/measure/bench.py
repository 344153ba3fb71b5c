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

from classroom.ideas import ROOT, IdeaError, UnknownIdeaError, find

from .load import rate, serving

TOY = "common"  # the target that is no project
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
    query: Result | None

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
    app, folder = "classroom.measure.bare:toy()", ROOT
    if target != TOY:
        app, folder = "wsgi:app", find(target, root).folder
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        environment = {**os.environ, "INSTANCE_PATH": name, "SECRET_KEY": "only-to-measure-" * 2}
        environment |= {"PYTHONPATH": str(ROOT), "FLASK_APP": app.removesuffix(":app")}
        run([sys.executable, "-m", "flask", "seed"], folder, environment)
        if target != TOY:
            run([sys.executable, "tests/growth.py", str(ROWS)], folder, environment)
        for route in routes:
            path, answer = route["path"], Path(name, "answer.json")
            apps = [app, f"classroom.measure.bare:constant({str(answer)!r})"]
            if "query" in route:
                [database] = Path(name).glob("*.sqlite")
                apps.append(f"classroom.measure.bare:query({route['query']!r}, {str(database)!r})")
            alone = []
            for one in apps:
                command = [sys.executable, "-m", "classroom.measure.load", one, path]
                command.append(str(effort.requests))
                alone.append(json.loads(run(command, folder, environment)))
                answer.write_text(json.dumps(alone[0]["answer"]), "utf-8")
            rates = served(apps, path, effort, folder, environment)
            project, constant, *query = [
                Result(per_second, found["microseconds"], found["megabytes"])
                for per_second, found in zip(rates, alone, strict=True)
            ]
            yield Row(target, path, project, constant, query[0] if query else None)


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
    for row in rows:
        query = row.query
        per_second = f"{query.per_second:6.0f}" if query else f"{'-':>6}"
        microseconds = f"{query.microseconds:7.0f}" if query else f"{'-':>7}"
        lines.append(
            f"{row.target + ' ' + row.path:<44} {row.project.per_second:6.0f} {per_second} "
            f"{row.constant.per_second:6.0f} {row.ratio:8.2f}  "
            f"{row.project.microseconds:6.0f} {microseconds} {row.constant.microseconds:7.0f}  "
            f"{row.project.megabytes:5.0f} {row.constant.megabytes:5.0f}"
        )
    slow = [row for row in rows if row.ratio < AIM]
    lines += ["", f"{len(rows) - len(slow)} of {len(rows)} routes reach {AIM} of the bare one."]
    return "\n".join(lines)


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
    data = [asdict(row) | {"ratio": row.ratio} for row in rows]
    print(json.dumps(data, indent=2) if options.json else text(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
