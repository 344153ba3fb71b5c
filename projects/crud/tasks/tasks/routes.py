"""The HTTP interface."""

from flask import Blueprint, url_for
from sqlalchemy import delete, select

from common import clock
from common.api import Created, Page, endpoint
from common.pagination import paginate, sort_by

from .filters import conditions
from .models import Task, db
from .schemas import ClearQuery, TaskIn, TaskOut, TaskPatch, TaskQuery, WholeTaskIn
from .status import complete, reopen

bp = Blueprint("tasks", __name__)


@bp.get("/tasks")
@endpoint
def list_tasks(query: TaskQuery) -> Page[TaskOut]:
    """List the tasks that fit all filters; those without what is sorted by come last."""
    statement = select(Task).order_by(*sort_by(Task, query.sort))
    if query.is_given:
        statement = statement.where(*conditions(query, clock.now()))
    return paginate(db.session, statement, query, show)


@bp.post("/tasks")
@endpoint
def create_task(body: TaskIn) -> Created[TaskOut]:
    """Write down a task."""
    now = clock.now()
    fields = body.model_dump(exclude={"completed"})
    task = Task(**fields, created_at=now, updated_at=now)
    if body.completed:
        complete(task, now)
    db.session.add(task)
    db.session.commit()
    shown = show(task)
    return Created(shown, shown.url)


@bp.delete("/tasks")
@endpoint
def delete_tasks(query: ClearQuery) -> None:
    """Delete all tasks, or the completed ones."""
    statement = delete(Task)
    if query.completed == "true":
        statement = statement.where(Task.completed.is_(True))
    db.session.execute(statement)
    db.session.commit()


@bp.get("/tasks/<int:task_id>")
@endpoint
def show_task(task_id: int) -> TaskOut:
    """Show a task."""
    return show(find_task(task_id))


@bp.patch("/tasks/<int:task_id>")
@endpoint
def change_task(task_id: int, body: TaskPatch) -> TaskOut:
    """Change the fields that are sent; null clears ``due`` and ``order``."""
    task = find_task(task_id, lock=True)
    write(task, body)
    db.session.commit()
    return show(task)


@bp.put("/tasks/<int:task_id>")
@endpoint
def replace_task(task_id: int, body: WholeTaskIn) -> TaskOut:
    """Put a task in the place of this one; what is left out is cleared."""
    task = find_task(task_id, lock=True)
    write(task, body)
    db.session.commit()
    return show(task)


@bp.delete("/tasks/<int:task_id>")
@endpoint
def delete_task(task_id: int) -> None:
    """Delete a task."""
    task = find_task(task_id, lock=True)
    db.session.delete(task)
    db.session.commit()


@bp.post("/tasks/<int:task_id>/complete")
@endpoint
def complete_task(task_id: int) -> TaskOut:
    """Complete a task; once more changes nothing."""
    task = find_task(task_id, lock=True)
    complete(task, clock.now())
    db.session.commit()
    return show(task)


@bp.post("/tasks/<int:task_id>/reopen")
@endpoint
def reopen_task(task_id: int) -> TaskOut:
    """Open a task again; one that is open stays as it is."""
    task = find_task(task_id, lock=True)
    reopen(task)
    db.session.commit()
    return show(task)


def find_task(task_id: int, *, lock: bool = False) -> Task:
    """Return a task, or answer 404. ``lock`` keeps it as it is until the commit."""
    return db.get_or_404(Task, task_id, description="There is no such task.", lock=lock)


def write(task: Task, given: TaskIn) -> None:
    """Put into a task what was given; that it is completed, or open again, has rules of its own."""
    fields = given.model_dump()
    completed = fields.pop("completed", None)
    for field, value in fields.items():
        setattr(task, field, value)
    if completed is True:
        complete(task, clock.now())
    if completed is False:
        reopen(task)


def show(task: Task) -> TaskOut:
    """Return a task as it is answered."""
    return TaskOut(
        id=task.id,
        title=task.title,
        completed=task.completed,
        order=task.order,
        due=task.due,
        created_at=task.created_at,
        updated_at=task.updated_at,
        completed_at=task.completed_at,
        url=url_for(".show_task", task_id=task.id, _external=True),
    )
