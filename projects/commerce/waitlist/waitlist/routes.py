"""The API: events for organisers, sign-ups for those who want to come."""

from datetime import datetime

from flask import Blueprint, Response, request, url_for
from sqlalchemy import case, func, select

from common import clock, errors
from common.api import Created, Page, endpoint
from common.errors import Problem, invalid
from common.pagination import PageQuery, paginate

from . import notices, seats, tokens
from .models import Event, Signup, Token, db
from .schemas import (
    Attendee,
    AttendeeQuery,
    EventIn,
    EventOut,
    EventPatch,
    NewEvent,
    NewSignup,
    SignupIn,
    SignupOut,
)

bp = Blueprint("waitlist", __name__)


@bp.errorhandler(seats.Refused)
def refused(error: seats.Refused) -> Response:
    """Answer what the rules do not allow."""
    return errors.answer(Problem(409, str(error)))


@bp.errorhandler(seats.Unknown)
def unknown(error: seats.Unknown) -> Response:
    """Answer what is not there."""
    return errors.answer(Problem(404, str(error)))


@bp.post("/events")
@endpoint
def create_event(body: EventIn) -> Created[NewEvent]:
    """Announce an event; the answer has the organiser's token, this once."""
    token = tokens.new()
    event = Event(title=body.title, capacity=body.capacity, taken=0)
    event.starts_at = in_the_future(body.starts_at)
    event.organiser_hash = tokens.hash_of(token)
    db.session.add(event)
    db.session.commit()
    answer = NewEvent(**EventOut.model_validate(event).model_dump(), organiser_token=token)
    return Created(answer, location=url_for(".show_event", event_id=event.id))


@bp.get("/events")
@endpoint
def list_events(query: PageQuery) -> Page[EventOut]:
    """List the events, the earliest first."""
    return paginate(db.session, select(Event).order_by(Event.starts_at, Event.id), query, EventOut)


@bp.get("/events/<int:event_id>")
@endpoint
def show_event(event_id: int) -> EventOut:
    """Show an event and how many seats are free."""
    return EventOut.model_validate(stored_event(event_id))


@bp.patch("/events/<int:event_id>")
@endpoint(errors=(401, 403, 409), security="organiser")
def change_event(event_id: int, body: EventPatch) -> EventOut:
    """Change an event as its organiser.

    More seats are offered to those who wait. Fewer than are confirmed and offered: 409, and nothing
    changes.
    """
    ask_for_organiser(event_id)
    changes = body.model_dump()
    event = seats.lock(event_id)
    event.title = changes.get("title", event.title)
    if "capacity" in changes:  # first: to put the event off may offer seats
        seats.resize(event_id, changes["capacity"], clock.now())
    if "starts_at" in changes:
        seats.move(event_id, in_the_future(changes["starts_at"]), clock.now())
    db.session.commit()
    return EventOut.model_validate(event)


@bp.get("/events/<int:event_id>/attendees")
@endpoint(errors=(401, 403), security="organiser")
def list_attendees(event_id: int, query: AttendeeQuery) -> Page[Attendee]:
    """List the sign-ups as the organiser, in their order: who has seats, or by ``status``."""
    ask_for_organiser(event_id)
    wanted = seats.HOLDS_SEATS if query.status == "seated" else (query.status,)
    place = func.row_number().over(partition_by=Signup.status, order_by=Signup.id)
    position = case((Signup.status == "waitlisted", place)).label("position")
    columns = [Signup.email, Signup.seats, Signup.status, Signup.confirm_by, Signup.created_at]
    statement = select(*columns, position).where(Signup.event_id == event_id)
    statement = statement.where(Signup.status.in_(wanted)).order_by(Signup.id)
    return paginate(db.session, statement, query, Attendee)


@bp.post("/events/<int:event_id>/signups")
@endpoint(errors=(404, 409))
def create_signup(event_id: int, body: SignupIn) -> Created[NewSignup] | SignupOut:
    """Sign up: 201 with a token for what comes later, or 200 if the address has signed up before.

    Then nothing changes, the answer has no token, and the address gets a mail with a link, once.
    """
    now = clock.now()
    signup, is_new = seats.sign_up(event_id, body.email, body.seats, now)
    if is_new:
        token = notices.new_token(signup)
    else:
        notices.link_again(signup, now)
    db.session.commit()
    answer = shown_signup(signup)
    if not is_new:
        return answer
    location = url_for(".show_signup", token=token)
    return Created(NewSignup(**answer.model_dump(), token=token), location)


@bp.get("/signups/<token>")
@endpoint
def show_signup(token: str) -> SignupOut:
    """Show a sign-up as it stands."""
    return shown_signup(stored_signup(token))


@bp.delete("/signups/<token>")
@endpoint
def cancel_signup(token: str) -> None:
    """Give up a sign-up; its seats are offered to those who wait."""
    seats.cancel(stored_signup(token), clock.now())
    db.session.commit()


@bp.post("/signups/<token>/confirm")
@endpoint(errors=(409,))
def confirm_signup(token: str) -> SignupOut:
    """Take the seats that are offered; 409 if none are, or not any more."""
    signup = stored_signup(token)
    seats.confirm(signup, clock.now())
    db.session.commit()
    return shown_signup(signup)


def stored_event(event_id: int) -> Event:
    """Return an event, or raise the 404."""
    event: Event | None = db.session.get(Event, event_id)
    if event is None:
        raise seats.Unknown("There is no such event.")
    return event


def stored_signup(token: str) -> Signup:
    """Return the sign-up of a token, or raise the 404."""
    by_token = select(Signup).join(Token).where(Token.hash == tokens.hash_of(token))
    signup: Signup | None = db.session.scalar(by_token)
    if signup is None:
        raise seats.Unknown("There is no such sign-up.")
    return signup


def in_the_future(starts_at: datetime) -> datetime:
    """Return the moment, or raise the 422: an event is announced before it starts."""
    if starts_at <= clock.now():
        raise invalid("is in the past", "body", "starts_at")
    return starts_at


def ask_for_organiser(event_id: int) -> None:
    """Raise 404, 401 or 403 unless the request has the organiser's token of the event."""
    stored_event(event_id)
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        advice = "Send the header 'Authorization: Bearer ORGANISER_TOKEN'."
        raise Problem(401, advice, headers={"WWW-Authenticate": "Bearer"})
    of_token = select(Event.id).where(Event.organiser_hash == tokens.hash_of(given.token))
    organised = db.session.scalar(of_token)
    if organised is None:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Problem(401, "This is no organiser's token.", headers=challenge)
    if organised != event_id:
        raise Problem(403, "This is the token of another event's organiser.")


def shown_signup(signup: Signup) -> SignupOut:
    """Return a sign-up as it is answered."""
    return SignupOut(
        event_id=signup.event_id,
        email=signup.email,
        seats=signup.seats,
        status=signup.status_at(clock.now()),
        position=seats.position(signup),
        confirm_by=signup.confirm_by,
    )
