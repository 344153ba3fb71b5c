"""The lesson, first half: how a task goes from open to completed, and back.

A task that is completed has the moment when it became so in ``completed_at``, an open one has none.
"""

from datetime import datetime

from .models import Task


def complete(task: Task, now: datetime) -> None:
    """Complete a task at the moment ``now``, in UTC: that becomes its ``completed_at``.

    A task that is completed already stays as it is: ``completed_at`` tells when it was done, not
    when somebody last said so.
    """
    if not task.completed:
        task.completed = True
        task.completed_at = now


def reopen(task: Task) -> None:
    """Open a task again: ``completed`` is False, and there is no ``completed_at`` any more.

    A task that is open stays as it is.
    """
    task.completed = False
    task.completed_at = None
