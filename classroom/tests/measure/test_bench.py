"""The measurement runs and says what it should; how fast anything is, no test can say."""

import os
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from classroom.ideas import ROOT, discover
from classroom.measure.bare import QUERIES
from classroom.measure.bench import AIM, TOY, Effort, Result, Row, main, measure, text
from classroom.measure.load import rate, serving

TABLE = tomllib.loads((ROOT / "classroom/measure/bench.toml").read_text("utf-8"))


def test_common_is_measured_against_bare_flask() -> None:
    [route] = [route for route in TABLE[TOY] if "query" in route]

    [row] = measure(TOY, [route], Effort(rounds=1, seconds=0.05, requests=100), ROOT)

    assert (row.target, row.path) == (TOY, route["path"])
    assert row.query is not None
    for result in (row.project, row.constant, row.query):
        assert min(asdict(result).values()) > 0, result


def test_server_that_does_not_start_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConnectionError), serving("nowhere:app", tmp_path, os.environ) as port:
        rate(port, "/", 0.1)

    assert "No module named 'nowhere'" in capsys.readouterr().err


def test_table_compares_with_the_query_if_there_is_one() -> None:
    fast = Result(per_second=800, microseconds=1500, megabytes=62.4)
    slow = Result(per_second=90, microseconds=9000, megabytes=70)
    query = Result(per_second=100, microseconds=8000, megabytes=63)
    rows = [Row("notes", "/notes", slow, fast, query), Row("notes", "/", slow, fast)]

    lines = [" ".join(line.split()) for line in text(rows).splitlines()]

    assert "notes /notes 90 100 800 0.90 9000 8000 1500 70 62" in lines
    assert "notes / 90 - 800 0.11 9000 - 1500 70 62" in lines
    assert f"1 of 2 routes reach {AIM} of the bare one." in lines


def test_every_target_is_there() -> None:
    projects = {idea.slug for idea in discover()}
    queries = set()
    for routes in TABLE.values():
        queries.update(route["query"] for route in routes if "query" in route)

    assert TABLE.keys() <= {TOY, *projects}
    assert queries == QUERIES.keys()


def test_unknown_target_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nobody"])
    assert "nobody: not in classroom/measure/bench.toml" in capsys.readouterr().err
