"""What the conditions find, held against the rule said in Python."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import not_, select

from tasks.filters import conditions, is_overdue
from tasks.models import Task, db
from tasks.schemas import TaskFilter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUES = [None, NOW - HOUR, NOW, NOW + HOUR]


@pytest.fixture
def tasks(app):
    """Every kind of task there is: open and completed, with each due and with none."""
    with app.app_context():
        for is_completed, due in product([False, True], DUES):
            completed_at = NOW if is_completed else None
            db.session.add(
                Task(
                    title="Any",
                    due=due,
                    completed=is_completed,
                    completed_at=completed_at,
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
        db.session.commit()
        yield db.session.scalars(select(Task).order_by(Task.id)).all()


def found_by(*where):
    return db.session.scalars(select(Task).where(*where).order_by(Task.id)).all()


def fits(task, query):
    """Tell whether a task fits, as one would say it in Python."""
    late = task.due is not None and task.due < NOW and not task.completed
    return (
        query.completed in (None, task.completed)
        and query.overdue in (None, late)
        and (query.due_after is None or (task.due is not None and task.due >= query.due_after))
        and (query.due_before is None or (task.due is not None and task.due < query.due_before))
    )


def test_every_choice_of_filters_finds_what_fits(tasks):
    wishes = product([None, False, True], [None, False, True], [None, NOW], [None, NOW, NOW + HOUR])

    for completed, overdue, after, before in wishes:
        query = TaskFilter(completed=completed, overdue=overdue, due_after=after, due_before=before)
        found = found_by(*conditions(query, NOW))

        assert found == [task for task in tasks if fits(task, query)], query


def test_condition_and_its_opposite_find_each_task_once(tasks):
    late = found_by(is_overdue(NOW))
    rest = found_by(not_(is_overdue(NOW)))

    assert sorted([*late, *rest], key=lambda task: task.id) == tasks


def test_no_filter_is_no_condition():
    assert conditions(TaskFilter(), NOW) == []
