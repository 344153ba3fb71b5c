"""Events, their occurrences and reminders, the calendar file, and ``flask send-due``."""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import Blueprint, Response, url_for
from sqlalchemy import select

from common import clock
from common.accounts import current_user, login_required
from common.api import Created, Page, Produces, endpoint
from common.errors import Problem, invalid
from common.pagination import PageQuery, paginate

from . import due, ics, occurrences, schedule, schemas
from .models import Event, Reminder, db
from .schemas import EventIn, EventOut, EventPatch, Occurrence, ReminderOut

bp = Blueprint("events", __name__, cli_group=None)

IN_CALENDAR = 1000  # events in the calendar file
YEAR = timedelta(days=366)  # the longest list of occurrences, the farthest that send-due looks
TIMES = ("starts_at", "time_zone", "rrule", "reminders")


@bp.post("/events")
@login_required
@endpoint
def create_event(body: EventIn) -> Created[EventOut]:
    """Make an event and its reminders."""
    event = Event(user_id=current_user.id, **body.model_dump())
    event.time_zone = event.time_zone or current_user.time_zone
    check_rule(event)
    db.session.add(event)
    db.session.flush()
    schedule.reschedule(event, clock.now())
    db.session.commit()
    return Created(EventOut.model_validate(event), url_for(".show_event", event_id=event.id))


@bp.get("/events")
@login_required
@endpoint
def list_events(query: PageQuery) -> Page[EventOut]:
    """List your events, the newest first."""
    mine = select(Event).where(Event.user_id == current_user.id)
    return paginate(db.session, mine.order_by(Event.id.desc()), query, EventOut)


@bp.get("/events/<int:event_id>")
@login_required
@endpoint
def show_event(event_id: int) -> EventOut:
    """Show an event."""
    return EventOut.model_validate(own(event_id))


@bp.patch("/events/<int:event_id>")
@login_required
@endpoint
def change_event(event_id: int, body: EventPatch) -> EventOut:
    """Change an event. If its times change, its unsent reminders change with them."""
    event = own(event_id, with_for_update=True)
    before = [getattr(event, name) for name in TIMES]
    for name, value in body.model_dump().items():
        setattr(event, name, value)
    check_rule(event)
    event.revision += 1
    event.updated_at = clock.now()
    if before != [getattr(event, name) for name in TIMES]:
        schedule.reschedule(event, clock.now())
    db.session.commit()
    return EventOut.model_validate(event)


@bp.delete("/events/<int:event_id>")
@login_required
@endpoint
def delete_event(event_id: int) -> None:
    """Delete an event and its reminders."""
    db.session.delete(own(event_id, with_for_update=True))
    db.session.commit()


@bp.get("/events/<int:event_id>/occurrences")
@login_required
@endpoint
def list_occurrences(event_id: int, query: schemas.OccurrenceQuery) -> list[Occurrence]:
    """List when an event happens, in a range of 366 days at most."""
    event = own(event_id)
    first = query.first or clock.now()
    end = query.end or first + YEAR
    if not timedelta(0) <= end - first <= YEAR:
        raise invalid("This must be after 'from', and at most 366 days.", "query", "to")
    zone = ZoneInfo(event.time_zone)
    before_end = takewhile(lambda at: at < end, event.occurrences())
    return [
        Occurrence(at=at, local=at.astimezone(zone).isoformat()) for at in before_end if at >= first
    ]


@bp.get("/reminders")
@login_required
@endpoint
def list_reminders(query: schemas.ReminderQuery) -> Page[ReminderOut]:
    """List your reminders by when they are due. Of a series, only the next one is there yet."""
    mine = select(Reminder).where(Reminder.user_id == current_user.id)
    if query.status:
        mine = mine.where(Reminder.status == query.status)
    return paginate(db.session, mine.order_by(Reminder.due_at, Reminder.id), query, ReminderOut)


@bp.get("/calendar.ics")
@login_required
@endpoint(responses={200: Produces("An iCalendar file, RFC 5545", "text/calendar")})
def show_calendar() -> Response:
    """Give your events to another calendar: the 1,000 that start last."""
    mine = select(Event).where(Event.user_id == current_user.id)
    last = mine.order_by(Event.starts_at.desc(), Event.id.desc()).limit(IN_CALENDAR)
    return Response(ics.calendar(db.session.scalars(last)), mimetype="text/calendar")


@bp.put("/me/email")
@login_required
@endpoint
def set_email(body: schemas.Address) -> schemas.Address:
    """Say where your reminders go; null: nowhere, they are printed."""
    current_user.email = body.email
    db.session.commit()
    return body


@bp.cli.command("send-due")
@click.option("--as-of", metavar="MOMENT", help="Do as if it were 2026-03-02T08:50:00Z.")
def send_due(as_of: str | None) -> None:
    """Send what is due, once, and say what became of it."""
    now = clock.now()
    if as_of is not None:
        try:
            now = datetime.fromisoformat(as_of)
            ahead = now - clock.now()
        except (ValueError, TypeError):
            raise click.BadParameter("is no moment such as 2026-03-02T08:50:00Z") from None
        if ahead > YEAR:
            raise click.BadParameter(f"is more than {YEAR.days} days ahead")
    said = "Sent {sent}, to try again {pending}, failed {failed}, missed {missed}."
    click.echo(said.format_map(due.send_due(now)))


def own(event_id: int, **options: Any) -> Event:
    """Return an event of the user, or raise the 404 that the events of others answer, too."""
    event = db.session.get(Event, event_id, **options)
    if event is None or event.user_id != current_user.id:
        raise Problem(404, "You have no such event.")
    return event


def check_rule(event: Event) -> None:
    """Write an event's rule down in the usual way, or raise the 422."""
    try:
        if event.rrule is not None:
            event.rrule = occurrences.checked(event.rrule, event.starts_at, event.time_zone)
    except ValueError as error:
        raise invalid(f"rrule {error}.", "body", "rrule") from None
