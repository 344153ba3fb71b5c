"""The API for habits and check-ins, and the page for people."""

from datetime import date, timedelta

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy import select

from common.accounts import current_user, login_required
from common.api import Created, Day, Page, Produces, endpoint
from common.errors import invalid
from common.pagination import PageQuery, paginate

from .days import today_for
from .history import History, calendar, statistics
from .models import WEEKDAYS, CheckIn, Habit, db
from .schemas import (
    CalendarOut,
    CalendarQuery,
    CheckInOut,
    CheckInQuery,
    HabitIn,
    HabitOut,
    HabitPatch,
    StatsOut,
)

BACKFILL = timedelta(days=30)

bp = Blueprint("habits", __name__)


@bp.get("/")
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page where people check in and see their year."""
    return Response(render_template("index.html", weekdays=WEEKDAYS))


@bp.post("/habits")
@login_required
@endpoint
def create_habit(body: HabitIn) -> Created[HabitOut]:
    """Begin a habit, today."""
    habit = Habit(**body.model_dump())
    habit.user_id = current_user.id
    habit.started_on = today_for(current_user)
    db.session.add(habit)
    db.session.commit()
    created = HabitOut.model_validate(habit)
    return Created(created, url_for(".show_habit", habit_id=habit.id))


@bp.get("/habits")
@login_required
@endpoint
def list_habits(query: PageQuery) -> Page[HabitOut]:
    """List your habits in the order in which you began them."""
    statement = select(Habit).filter_by(user_id=current_user.id).order_by(Habit.id)
    return paginate(db.session, statement, query, HabitOut)


@bp.get("/habits/<int:habit_id>")
@login_required
@endpoint
def show_habit(habit_id: int) -> HabitOut:
    """Show a habit."""
    return HabitOut.model_validate(find_habit(habit_id))


@bp.patch("/habits/<int:habit_id>")
@login_required
@endpoint
def change_habit(habit_id: int, body: HabitPatch) -> HabitOut:
    """Change a habit. New weekdays and a new target count from today on: the past stays."""
    habit = find_habit(habit_id, lock=True)
    habit.keep_plan(today_for(current_user))
    for name, value in body.model_dump().items():
        setattr(habit, name, value)
    db.session.commit()
    return HabitOut.model_validate(habit)


@bp.delete("/habits/<int:habit_id>")
@login_required
@endpoint
def delete_habit(habit_id: int) -> None:
    """Delete a habit and all its check-ins."""
    db.session.delete(find_habit(habit_id, lock=True))
    db.session.commit()


@bp.post("/habits/<int:habit_id>/check-in")
@login_required
@endpoint
def check_in(habit_id: int) -> CheckInOut:
    """Count one more for today, in your time zone."""
    habit = find_habit(habit_id, lock=True)
    today = today_for(current_user)
    earlier = db.session.get(CheckIn, (habit.id, today))  # after the lock, or two read the same
    count = earlier.count + 1 if earlier else 1
    return write_count(habit, today, count)


@bp.put("/habits/<int:habit_id>/check-ins/<day>")
@login_required
@endpoint
def put_check_in(habit_id: int, day: Day, query: CheckInQuery) -> CheckInOut:
    """Say how often it was done on a day, today or up to 30 days ago; again changes nothing."""
    habit = find_habit(habit_id, lock=True)
    refuse_unwritable(day)
    count = query.count or habit.plan_on(day).target_per_day
    return write_count(habit, day, count)


@bp.delete("/habits/<int:habit_id>/check-ins/<day>")
@login_required
@endpoint
def delete_check_in(habit_id: int, day: Day) -> None:
    """Take back the check-ins of a day."""
    habit = find_habit(habit_id, lock=True)
    refuse_unwritable(day)
    db.session.delete(db.get_or_404(CheckIn, (habit.id, day)))
    db.session.commit()


@bp.get("/habits/<int:habit_id>/stats")
@login_required
@endpoint
def show_stats(habit_id: int) -> StatsOut:
    """Sum up the last 30 days, today included, and measure the streaks."""
    return statistics(find_history(habit_id))


@bp.get("/habits/<int:habit_id>/calendar")
@login_required
@endpoint
def show_calendar(habit_id: int, query: CalendarQuery) -> CalendarOut:
    """Show every day of a year."""
    past = find_history(habit_id)
    return calendar(past, query.year or past.today.year)


def find_habit(habit_id: int, *, lock: bool = False) -> Habit:
    """Return a habit of the current user, or raise the 404: another's is as good as none.

    ``lock`` makes whoever else wants to change it wait for our commit. (On SQLite all who may
    write wait for each other anyway.)
    """
    statement = select(Habit).filter_by(id=habit_id, user_id=current_user.id)
    if lock:
        statement = statement.with_for_update()
    habit: Habit = db.first_or_404(statement, description="There is no such habit.")
    return habit


def find_history(habit_id: int) -> History:
    """Return a habit with all its check-ins, however many, read by one query."""
    habit = find_habit(habit_id)
    statement = select(CheckIn.day, CheckIn.count).filter_by(habit_id=habit.id)
    counts = dict(db.session.execute(statement).all())
    return History(current_user, habit, counts)


def refuse_unwritable(day: date) -> None:
    """Raise the 422 for a day that is yet to come, or too long ago."""
    today = today_for(current_user)
    earliest = today - BACKFILL
    if day > today:
        raise invalid(f"is yet to come: today is {today}", "path", "day")
    if day < earliest:
        raise invalid(f"is too long ago: {earliest} is the earliest", "path", "day")


def write_count(habit: Habit, day: date, count: int) -> CheckInOut:
    """Write and commit how often a locked habit was done on a day."""
    db.session.merge(CheckIn(habit_id=habit.id, day=day, count=count))
    db.session.commit()
    target = habit.plan_on(day).target_per_day
    return CheckInOut(date=day, count=count, target=target, done=count >= target)
