"""Files of several processes: here, two owners in one process, as the kernel sees no difference."""

import gc
import warnings

import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from health_metrics.shared import Family, SharedFiles

COUNTER = Family("counter", "things", "Things.")
GAUGE = Family("gauge_livesum", "things_now", "Things now.")


@pytest.fixture
def value(tmp_path):
    """Return what a reader adds up: ``value("things_total")``."""

    def read(name):
        files = SharedFiles(tmp_path).paths()
        merged = MultiProcessCollector.merge(files)
        return sum(it.value for metric in merged for it in metric.samples if it.name == name)

    return read


def end(files):
    """Let go of everything, as the kernel does when a process ends."""
    for file in files._open:
        file.close()
    files._open.clear()


def test_counts_of_all_owners_add_up(tmp_path, value):
    one, other = SharedFiles(tmp_path), SharedFiles(tmp_path)
    one.add(COUNTER, "_total", 3, kind="a")
    other.add(COUNTER, "_total", 4, kind="a")

    assert value("things_total") == 7


def test_successor_of_dead_owner_counts_on_in_its_files(tmp_path, value):
    dead = SharedFiles(tmp_path)
    dead.add(COUNTER, "_total", 3)
    end(dead)
    heir = SharedFiles(tmp_path)
    heir.add(COUNTER, "_total", 4)

    assert value("things_total") == 7
    assert [path.name for path in tmp_path.glob("*.lock")] == ["0.lock"]


def test_count_of_dead_stays_though_nobody_succeeds(tmp_path, value):
    dead = SharedFiles(tmp_path)
    dead.add(COUNTER, "_total", 3)
    end(dead)

    assert value("things_total") == 3


def test_gauge_of_dead_is_not_added_up(tmp_path, value):
    dead, living = SharedFiles(tmp_path), SharedFiles(tmp_path)
    dead.add(GAUGE, "", 5)
    living.add(GAUGE, "", 1)
    assert value("things_now") == 6
    end(dead)

    assert value("things_now") == 1


def test_gauge_of_dead_is_not_inherited(tmp_path, value):
    dead = SharedFiles(tmp_path)
    dead.add(GAUGE, "", 5)
    end(dead)
    SharedFiles(tmp_path).add(GAUGE, "", 0)
    heir = SharedFiles(tmp_path)
    heir.add(GAUGE, "", 1)

    assert value("things_now") == 1


def test_nothing_is_opened_before_something_is_counted(tmp_path):
    SharedFiles(tmp_path / "metrics")

    assert list(tmp_path.iterdir()) == []


def test_forgotten_files_are_closed_without_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SharedFiles(tmp_path).add(COUNTER, "_total", 1)
        gc.collect()

    heir = SharedFiles(tmp_path)
    heir.add(COUNTER, "_total", 1)
    assert [path.name for path in tmp_path.glob("*.lock")] == ["0.lock"]
