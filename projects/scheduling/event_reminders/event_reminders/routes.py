"""Events, their occurrences and reminders, the calendar file, and ``flask send-due``."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from flask import Blueprint, Response, url_for
from sqlalchemy import select

from common import clock
from common.accounts import current_user, login_required
from common.api import Created, DayRange, Page, Produces, endpoint
from common.errors import invalid
from common.pagination import PageQuery, paginate

from . import due, ics, occurrences, schedule
from .models import Event, Reminder, User, db
from .schemas import (
    AddressIn,
    AddressOut,
    EventIn,
    EventOut,
    EventPatch,
    OccurrenceOut,
    ReminderOut,
    ReminderQuery,
)

bp = Blueprint("event_reminders", __name__, cli_group=None)

IN_CALENDAR = 1000  # events in the calendar file
AHEAD = timedelta(days=366)  # the farthest that send-due looks
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S%z"])  # such as 2026-03-02T08:50:00Z


@bp.post("/events")
@login_required
@endpoint
def create_event(body: EventIn) -> Created[EventOut]:
    """Make an event and its reminders."""
    event = Event(user_id=current_user.id, **body.model_dump())
    complete(event)
    db.session.add(event)
    db.session.flush()
    schedule.reschedule(event, clock.now())
    db.session.commit()
    created = EventOut.model_validate(event)
    return Created(created, url_for(".show_event", event_id=event.id))


@bp.get("/events")
@login_required
@endpoint
def list_events(query: PageQuery) -> Page[EventOut]:
    """List your events, the newest first."""
    statement = select(Event).filter_by(user_id=current_user.id)
    newest_first = statement.order_by(Event.id.desc())
    return paginate(db.session, newest_first, query, EventOut)


@bp.get("/events/<int:event_id>")
@login_required
@endpoint
def show_event(event_id: int) -> EventOut:
    """Show an event."""
    return EventOut.model_validate(find_event(event_id))


@bp.patch("/events/<int:event_id>")
@login_required
@endpoint
def change_event(event_id: int, body: EventPatch) -> EventOut:
    """Change an event. If its times change, its unsent reminders change with them."""
    event = find_event(event_id, lock=True)
    now = clock.now()
    times = event.times()
    for name, value in body.model_dump().items():
        setattr(event, name, value)
    complete(event)
    event.updated_at = now
    if event.times() != times:
        schedule.reschedule(event, now)
    db.session.commit()
    return EventOut.model_validate(event)


@bp.delete("/events/<int:event_id>")
@login_required
@endpoint
def delete_event(event_id: int) -> None:
    """Delete an event and its reminders."""
    db.session.delete(find_event(event_id, lock=True))
    db.session.commit()


@bp.get("/events/<int:event_id>/occurrences")
@login_required
@endpoint
def list_occurrences(event_id: int, query: DayRange) -> list[OccurrenceOut]:
    """List when an event happens, on days of its own zone: a year of them at most."""
    event = find_event(event_id)
    wall = ZoneInfo(event.time_zone)
    listed = []
    for at in event.occurrences():
        local = at.astimezone(wall)
        if local.date() > query.last:
            break
        if local.date() >= query.first:
            listed.append(OccurrenceOut(at=at, local=local.isoformat()))
    return listed


@bp.get("/reminders")
@login_required
@endpoint
def list_reminders(query: ReminderQuery) -> Page[ReminderOut]:
    """List your reminders by when they are due. Of a series, only the next one is there yet."""
    statement = select(Reminder).filter_by(user_id=current_user.id)
    if query.status is not None:
        statement = statement.filter_by(status=query.status)
    statement = statement.order_by(Reminder.due_at, Reminder.id)
    return paginate(db.session, statement, query, ReminderOut)


@bp.get("/calendar.ics")
@login_required
@endpoint(responses={200: Produces("An iCalendar file, RFC 5545", "text/calendar")})
def show_calendar() -> Response:
    """Give your events to another calendar: the 1,000 that start last."""
    statement = select(Event).filter_by(user_id=current_user.id)
    latest_first = statement.order_by(Event.starts_at.desc(), Event.id.desc())
    events = db.session.scalars(latest_first.limit(IN_CALENDAR))
    return Response(ics.calendar(events), mimetype="text/calendar")


@bp.put("/me/email")
@login_required
@endpoint
def set_email(body: AddressIn) -> AddressOut:
    """Say where your reminders go; null: nowhere, they are printed."""
    user = db.get_or_404(User, current_user.id, lock=True)
    user.email = body.email
    db.session.commit()
    return AddressOut(email=user.email)


@bp.cli.command("send-due")
@click.option("--as-of", metavar="MOMENT", type=MOMENT, help="Do as if it were then.")
def send_due(as_of: datetime | None) -> None:
    """Send what is due, once, and say what became of it."""
    now = as_of or clock.now()
    if abs(now - clock.now()) > AHEAD:
        raise click.BadParameter(f"is more than {AHEAD.days} days away")
    said = "Sent {sent}, to try again {pending}, failed {failed}, missed {missed}."
    click.echo(said.format_map(due.send_due(as_of)))


def find_event(event_id: int, *, lock: bool = False) -> Event:
    """Return an event of the user, or raise the 404 that the events of others answer, too."""
    statement = select(Event).filter_by(id=event_id, user_id=current_user.id)
    if lock:
        statement = statement.with_for_update()
    event: Event = db.first_or_404(statement, description="There is no such event.")
    return event


def complete(event: Event) -> None:
    """Fill in the zone and write the rule down in the usual way, or raise the 422."""
    event.time_zone = event.time_zone or current_user.time_zone
    if event.rrule is not None:
        try:
            event.rrule = occurrences.checked(event.rrule, event.starts_at, event.time_zone)
        except ValueError as error:
            raise invalid(str(error), "body", "rrule") from None
