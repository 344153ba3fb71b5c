"""The API for habits and check-ins, and the page for people."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import with_expression

from common import accounts
from common.accounts import current_user
from common.api import Created, Day, Page, Produces, endpoint
from common.errors import Problem
from common.pagination import PageQuery, paginate

from . import history
from .days import today_for, writable
from .history import History, plan_on
from .models import MOST_A_DAY, WEEKDAYS, CheckIn, Habit, Plan, Weekday, db
from .schemas import (
    Calendar,
    CalendarQuery,
    CheckInOut,
    CheckInQuery,
    HabitIn,
    HabitOut,
    HabitPatch,
    Stats,
)

bp = Blueprint("habits", __name__)


@bp.get("/")
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page where people check in and see their year."""
    return Response(render_template("index.html", weekdays=WEEKDAYS))


@bp.post("/habits")
@accounts.login_required
@endpoint
def create_habit(body: HabitIn) -> Created[HabitOut]:
    """Begin a habit, today."""
    today = today_for(current_user)
    habit = Habit(user_id=current_user.id, name=body.name, started_on=today)
    habit.plans = [Plan(since=today, weekdays=bits(body.weekdays), target=body.target_per_day)]
    db.session.add(habit)
    db.session.commit()
    answer = HabitOut.model_validate(own(habit.id))
    return Created(answer, url_for(".show_habit", habit_id=habit.id))


@bp.get("/habits")
@accounts.login_required
@endpoint
def list_habits(query: PageQuery) -> Page[HabitOut]:
    """List your habits in the order in which you began them."""
    return paginate(db.session, own_habits().order_by(Habit.id), query, HabitOut)


@bp.get("/habits/<int:habit_id>")
@accounts.login_required
@endpoint
def show_habit(habit_id: int) -> HabitOut:
    """Show a habit."""
    return HabitOut.model_validate(own(habit_id))


@bp.patch("/habits/<int:habit_id>")
@accounts.login_required
@endpoint
def change_habit(habit_id: int, body: HabitPatch) -> HabitOut:
    """Change a habit. New weekdays and a new target count from today on: the past stays."""
    habit = own(habit_id, lock=True)
    change = body.model_dump()
    habit.name = change.get("name", habit.name)
    weekdays = bits(change.get("weekdays", habit.weekdays))
    target = change.get("target_per_day", habit.target_per_day)
    today, latest = today_for(current_user), habit.plans[-1]
    if latest.since >= today:
        latest.weekdays, latest.target = weekdays, target
    elif (weekdays, target) != (latest.weekdays, latest.target):
        habit.plans.append(Plan(since=today, weekdays=weekdays, target=target))
    db.session.commit()
    return HabitOut.model_validate(own(habit_id))


@bp.delete("/habits/<int:habit_id>")
@accounts.login_required
@endpoint
def delete_habit(habit_id: int) -> None:
    """Delete a habit and all its check-ins."""
    db.session.delete(own(habit_id, lock=True))
    db.session.commit()


@bp.post("/habits/<int:habit_id>/check-in")
@accounts.login_required
@endpoint(errors=(409,))
def check_in(habit_id: int) -> CheckInOut:
    """Count one more for today, in your time zone."""
    habit, today = own(habit_id, lock=True), today_for(current_user)
    found = db.session.get(CheckIn, (habit.id, today))  # after the lock, or two read the same
    return written(habit, today, found.count + 1 if found else 1)


@bp.put("/habits/<int:habit_id>/check-ins/<day>")
@accounts.login_required
@endpoint
def put_check_in(habit_id: int, day: Day, query: CheckInQuery) -> CheckInOut:
    """Say how often it was done on a day, today or up to 30 days ago; again changes nothing."""
    habit = own(habit_id, lock=True)
    day = writable(day, today_for(current_user))
    return written(habit, day, query.count or plan_on(day, habit.plans).target)


@bp.delete("/habits/<int:habit_id>/check-ins/<day>")
@accounts.login_required
@endpoint
def delete_check_in(habit_id: int, day: Day) -> None:
    """Take back the check-ins of a day."""
    habit = own(habit_id, lock=True)
    found = db.session.get(CheckIn, (habit.id, writable(day, today_for(current_user))))
    if found is None:
        raise Problem(404, f"Nothing was done on {day}.")
    db.session.delete(found)
    db.session.commit()


@bp.get("/habits/<int:habit_id>/stats")
@accounts.login_required
@endpoint
def show_stats(habit_id: int) -> Stats:
    """Sum up the last 30 days, today included, and measure the streaks."""
    return history.statistics(past(own(habit_id)))


@bp.get("/habits/<int:habit_id>/calendar")
@accounts.login_required
@endpoint
def show_calendar(habit_id: int, query: CalendarQuery) -> Calendar:
    """Show every day of a year."""
    found = past(own(habit_id))
    return history.calendar(found, query.year or found.today.year)


def own_habits() -> Select[Any]:
    """Select the habits of the current user, each with its count of today."""
    today = (CheckIn.habit_id == Habit.id) & (CheckIn.day == today_for(current_user))
    count = func.coalesce(select(CheckIn.count).where(today).scalar_subquery(), 0)
    mine = select(Habit).where(Habit.user_id == current_user.id)
    return mine.options(with_expression(Habit.count_today, count))


def own(habit_id: int, *, lock: bool = False) -> Habit:
    """Return a habit of the current user, or raise the 404: another's is as good as none.

    ``lock`` makes whoever else wants to change it wait for our commit. (On SQLite all who may
    write wait for each other anyway.)
    """
    statement = own_habits().where(Habit.id == habit_id)
    if lock:
        statement = statement.with_for_update(of=Habit)
    habit: Habit | None = db.session.scalar(statement.execution_options(populate_existing=True))
    if habit is None:
        raise Problem(404, "You have no such habit.")
    return habit


def past(habit: Habit) -> History:
    """Read all check-ins of a habit, however many, by one query."""
    rows = db.session.execute(select(CheckIn.day, CheckIn.count).filter_by(habit_id=habit.id))
    counts = dict(rows.all())
    return History(habit.plans, counts, habit.started_on, today_for(current_user))


def written(habit: Habit, day: date, count: int) -> CheckInOut:
    """Write the count of a day of a locked habit."""
    if count > MOST_A_DAY:
        raise Problem(409, f"It has been counted {MOST_A_DAY} times today, which is the most.")
    db.session.merge(CheckIn(habit_id=habit.id, day=day, count=count))
    db.session.commit()
    target = plan_on(day, habit.plans).target
    return CheckInOut(date=day, count=count, target=target, done=count >= target)


def bits(weekdays: Iterable[Weekday]) -> int:
    """Return weekdays as a `Plan` keeps them."""
    return sum(1 << WEEKDAYS.index(name) for name in weekdays)
