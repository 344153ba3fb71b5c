"""What a run of the story tests has found, read from what pytest wrote down."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .results import State, TestResult

RAN = {0, 1, 2, 5}  # pytest's exit codes: all passed, some failed, stopped by us, nothing was run


@dataclass(frozen=True)
class Finding:
    """What a run has found."""

    state: State
    tests: tuple[TestResult, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    expected: dict[str, str] = field(default_factory=dict)
    """The tests that there are, with their stories."""
    seconds: float = 0.0


@dataclass
class _Records:
    """The lines that ``boxed`` has written, sorted by what they tell."""

    expected: dict[str, str] = field(default_factory=dict)
    tests: list[TestResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: dict[State, str] = field(default_factory=dict)
    has_ended: bool = False

    def take(self, record: dict[str, Any]) -> None:
        """Take a line."""
        match record:
            case {"expected": expected}:
                self.expected = expected
            case {"test": test}:
                self.tests.append(TestResult.from_json(test))
            case {"note": note}:
                self.notes.append(note)
            case {"state": state, "reason": reason}:
                self.reasons.setdefault(State(state), reason)
            case {"end": True}:
                self.has_ended = True
            case _:
                raise ValueError(record)

    def in_order(self) -> tuple[TestResult, ...]:
        """Return the tests in the order of their file, and not in that of the run."""
        places = {name: place for place, name in enumerate(self.expected)}
        last = len(places)
        in_order = sorted(self.tests, key=lambda test: places.get(test.name, last))
        return tuple(in_order)


def read(lines: Iterable[dict[str, Any]], code: int | None) -> Finding:
    """Read the results of a run. ``code`` is pytest's exit code, None when it had to be killed.

    Raises KeyError, TypeError or ValueError where they are no results.
    """
    records = _Records()
    for line in lines:
        records.take(line)
    expected = records.expected
    for state in (State.GRADER_ERROR, State.UNGRADABLE):
        if state in records.reasons:
            return Finding(state, reason=records.reasons[state], expected=expected)
    if code is None:
        records.notes.append("The run had to be killed: it did not end in its time.")
    elif not records.has_ended or code not in RAN or not expected:
        reason = f"pytest ended with {code}"
        return Finding(State.GRADER_ERROR, reason=reason, expected=expected)
    return Finding(
        State.GRADED,
        tests=records.in_order(),
        notes=tuple(records.notes),
        expected=expected,
    )


def whole_lines(results: bytes) -> list[dict[str, Any]]:
    """Return the lines of JSON in a file, without one that was cut off."""
    *lines, _ = results.decode().split("\n")
    return [json.loads(line) for line in lines]
