"""Files of several processes: here, two owners in one process, as the kernel sees no difference."""

import gc
import warnings

import pytest

from health_metrics.shared import SharedNumbers, key_of

COUNTER = "things_total"
GAUGE = "things_now"


@pytest.fixture
def numbers(tmp_path):
    """Return numbers as a process of its own has them."""
    return lambda: SharedNumbers(tmp_path)


@pytest.fixture
def value(numbers):
    """Return what a reader adds up: ``value("things_total")``."""
    return lambda name: numbers().totals().get(key_of(name, ()), 0)


def end(owner):
    """Let go of the file, as the kernel does when a process ends."""
    owner._file.close()


def test_counts_of_all_owners_add_up(numbers, value):
    one, other = numbers(), numbers()
    one.add(COUNTER, 3)
    other.add(COUNTER, 4)

    assert value("things_total") == 7


def test_successor_of_dead_owner_counts_on_in_its_file(numbers, value, tmp_path):
    dead = numbers()
    dead.add(COUNTER, 3)
    end(dead)
    heir = numbers()
    heir.add(COUNTER, 4)

    assert value("things_total") == 7
    assert [path.name for path in tmp_path.glob("*")] == ["0.numbers"]


def test_count_of_dead_stays_though_nobody_succeeds(numbers, value):
    dead = numbers()
    dead.add(COUNTER, 3)
    end(dead)

    assert value("things_total") == 3


def test_gauge_of_dead_is_not_added_up(numbers, value):
    dead, living = numbers(), numbers()
    dead.add(GAUGE, 5)
    living.add(GAUGE, 1)
    assert value("things_now") == 6
    end(dead)

    assert value("things_now") == 1


def test_gauge_of_dead_is_not_inherited(numbers, value):
    dead = numbers()
    dead.add(GAUGE, 5)
    end(dead)

    heir = numbers()
    heir.add(COUNTER, 1)

    assert value("things_now") == 0


def test_nothing_is_opened_before_something_is_counted(numbers, tmp_path):
    numbers()

    assert list(tmp_path.iterdir()) == []


def test_forgotten_files_are_closed_without_warning(numbers, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers().add(COUNTER, 1)
        gc.collect()

    heir = numbers()
    heir.add(COUNTER, 1)
    assert [path.name for path in tmp_path.glob("*")] == ["0.numbers"]
