"""The transitions of a task, and their laws."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tasks.models import Task
from tasks.status import complete, reopen

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
steps = st.lists(st.booleans())  # True completes, False reopens


def walk(wishes):
    """Return a task that has been completed and reopened so, one step an hour."""
    task = Task(completed=False)
    for hours, wish in enumerate(wishes):
        if wish:
            complete(task, NOON + timedelta(hours=hours))
        else:
            reopen(task)
    return task


def test_completed_task_knows_since_when():
    task = walk([True])

    assert (task.completed, task.completed_at) == (True, NOON)


def test_reopened_task_knows_no_moment():
    task = walk([True, False])

    assert (task.completed, task.completed_at) == (False, None)


def test_new_task_can_be_completed():
    task = Task()

    complete(task, NOON)

    assert (task.completed, task.completed_at) == (True, NOON)


@given(steps)
def test_moment_is_there_exactly_while_completed(wishes):
    task = walk(wishes)

    assert task.completed is (task.completed_at is not None)


@given(steps)
def test_last_step_decides(wishes):
    assert walk([*wishes, True]).completed is True
    assert walk([*wishes, False]).completed is False


@given(steps, st.integers(1, 5))
def test_moment_is_first_of_several_completions(wishes, times):
    first = NOON + timedelta(hours=len(wishes) + 1)

    task = walk([*wishes, False, *[True] * times])

    assert task.completed_at == first
