"""The lesson, second half: from what was asked for to conditions of a query.

A condition in SQL is true, false or unknown: what is compared with NULL is unknown, and NOT makes
of that unknown again. WHERE keeps the rows for which it is true, so a row for which it is unknown
is found neither by a condition nor by its opposite.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, not_

from .models import Task
from .schemas import TaskFilter


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a task is overdue: it was due before ``now``, and is not completed.

    It is true or false for every task and never unknown, so that its opposite finds all others: a
    task without a due is not overdue.
    """
    is_late = and_(Task.due.is_not(None), Task.due < now)
    is_open = Task.completed.is_(False)
    return and_(is_late, is_open)


def conditions(query: TaskFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return a condition for each filter that is given; a task is listed if all of them hold.

    - ``completed``: True lists the completed tasks, False the open ones.
    - ``overdue``: True lists those that are overdue at ``now`` (`is_overdue`), False all others.
    - ``due_after``, ``due_before``: a task is listed if ``due_after`` <= its due < ``due_before``,
      so that two spans that meet have no task twice.

    None means that a filter is not given.
    """
    parts: list[ColumnElement[bool]] = []
    if query.completed is not None:
        parts.append(Task.completed.is_(query.completed))
    if query.overdue is True:
        parts.append(is_overdue(now))
    if query.overdue is False:
        parts.append(not_(is_overdue(now)))
    if query.due_after is not None:
        parts.append(Task.due >= query.due_after)
    if query.due_before is not None:
        parts.append(Task.due < query.due_before)
    return parts
