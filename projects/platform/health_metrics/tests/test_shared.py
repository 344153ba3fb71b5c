"""Files of several processes: here, two owners in one process, as the kernel sees no difference."""

import gc
import resource
import warnings
from contextlib import contextmanager

import pytest

from health_metrics.shared import LONGEST_KEY, RECORD, SharedNumbers, key_of

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


@contextmanager
def full_disk(records=0):
    """Let no file hold more than so many records: the kernel refuses what goes beyond."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (records * RECORD.size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


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


def test_what_full_disk_refuses_is_counted_in_memory(numbers, value):
    owner = numbers()

    with full_disk():
        owner.add(COUNTER, 3)

    assert isinstance(owner.failure, OSError)
    assert owner.totals() == {key_of(COUNTER, ()): 3}
    assert value(COUNTER) == 0, "others cannot see it yet"


def test_what_was_in_memory_is_written_when_there_is_room(numbers, value):
    owner = numbers()
    with full_disk():
        owner.add(COUNTER, 3)
        owner.add("others_total", 5)

    owner.add(COUNTER, 1)

    assert owner.failure is None
    assert value(COUNTER) == 4
    assert value("others_total") == 5


def test_series_that_has_its_place_needs_no_room(numbers, value):
    owner = numbers()
    owner.add(COUNTER, 1)

    with full_disk(records=1):
        owner.add("others_total", 5)
        owner.add(COUNTER, 1)

    assert value(COUNTER) == 2
    assert value("others_total") == 0
    assert isinstance(owner.failure, OSError), "the other number is still in memory alone"


def test_counts_in_memory_are_added_to_those_of_dead_owner(numbers, value):
    dead = numbers()
    dead.add(COUNTER, 3)
    end(dead)
    heir = numbers()

    with full_disk():
        heir.add(COUNTER, 4)
    heir.add(COUNTER, 0.5)

    assert heir.totals() == {key_of(COUNTER, ()): 7.5}
    assert value(COUNTER) == 7.5


def test_record_that_is_not_whole_is_not_read(numbers, value, tmp_path):
    numbers().add(COUNTER, 3)
    with (tmp_path / "0.numbers").open("ab") as file:
        file.write(bytes(RECORD.size - 1))

    assert value(COUNTER) == 3


def test_order_of_labels_makes_no_other_series(numbers):
    owner = numbers()
    owner.add(COUNTER, 1, method="GET", route="/x")
    owner.add(COUNTER, 1, route="/x", method="GET")

    assert list(owner.totals().values()) == [2]


def test_label_that_is_too_long_is_refused(numbers):
    longest = LONGEST_KEY - len(key_of(COUNTER, (("route", ""),)))

    numbers().add(COUNTER, 1, route="x" * longest)
    with pytest.raises(ValueError, match="too long"):
        numbers().add(COUNTER, 1, route="x" * (longest + 1))
