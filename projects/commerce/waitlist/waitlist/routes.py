"""The API: events for organisers, sign-ups for those who want to come."""

from flask import Blueprint, Response, g, url_for
from sqlalchemy import select

from common import clock, errors, tokens
from common.api import Created, Page, endpoint
from common.errors import Problem
from common.guards import owner
from common.pagination import PageQuery, paginate

from . import notices, seats
from .models import Event, Signup, Token, db
from .schemas import (
    AttendeeOut,
    AttendeeQuery,
    CreatedEventOut,
    CreatedSignupOut,
    EventIn,
    EventOut,
    EventPatch,
    SignupIn,
    SignupOut,
)

bp = Blueprint("waitlist", __name__)


@bp.errorhandler(seats.Refused)
def answer_refusal(error: seats.Refused) -> Response:
    """Answer what the rules do not allow."""
    return errors.answer(Problem(409, str(error)))


@bp.errorhandler(seats.Unknown)
def answer_unknown(error: seats.Unknown) -> Response:
    """Answer what is not there."""
    return errors.answer(Problem(404, str(error)))


def find_event_of(token_hash: str) -> Event | None:
    """Return the event whose organiser's token has this hash."""
    statement = select(Event).where(Event.organiser_hash == token_hash)
    event: Event | None = db.session.scalar(statement)
    return event


organiser_required = owner("organiser", find_event_of)


@bp.post("/events")
@endpoint
def create_event(body: EventIn) -> Created[CreatedEventOut]:
    """Announce an event; the answer has the organiser's token, this once."""
    token = tokens.new()
    event = Event(**body.model_dump())
    event.organiser_hash = tokens.hash_of(token)
    db.session.add(event)
    db.session.commit()
    shown = EventOut.model_validate(event)
    created = CreatedEventOut(**shown.model_dump(), organiser_token=token)
    location = url_for(".show_event", event_id=event.id)
    return Created(created, location)


@bp.get("/events")
@endpoint
def list_events(query: PageQuery) -> Page[EventOut]:
    """List the events, the earliest first."""
    statement = select(Event).order_by(Event.starts_at, Event.id)
    return paginate(db.session, statement, query, EventOut)


@bp.get("/events/<int:event_id>")
@endpoint
def show_event(event_id: int) -> EventOut:
    """Show an event and how many seats are free."""
    return EventOut.model_validate(db.get_or_404(Event, event_id))


@bp.patch("/events/<int:event_id>")
@organiser_required
@endpoint(errors=(403, 409))
def change_event(event_id: int, body: EventPatch) -> EventOut:
    """Change an event as its organiser.

    More seats are offered to those who wait. Fewer than are confirmed and offered: 409, and nothing
    changes.
    """
    event = find_own_event(event_id, lock=True)
    changes = body.model_dump()
    now = clock.now()
    if "title" in changes:
        event.title = changes["title"]
    if "capacity" in changes:  # first: to put the event off may offer seats
        seats.resize(event_id, changes["capacity"], now)
    if "starts_at" in changes:
        seats.move(event_id, changes["starts_at"], now)
    db.session.commit()
    return EventOut.model_validate(event)


@bp.get("/events/<int:event_id>/attendees")
@organiser_required
@endpoint(errors=(403,))
def list_attendees(event_id: int, query: AttendeeQuery) -> Page[AttendeeOut]:
    """List the sign-ups as the organiser, in their order: who has seats, or by ``status``."""
    find_own_event(event_id)
    statuses: tuple[str, ...] = (query.status,)
    if query.status == "seated":
        statuses = seats.HOLDS_SEATS
    statement = seats.attendees(event_id).where(Signup.status.in_(statuses))
    return paginate(db.session, statement, query, AttendeeOut)


@bp.delete("/events/<int:event_id>/attendees/<int:signup_id>")
@organiser_required
@endpoint(errors=(403,))
def remove_attendee(event_id: int, signup_id: int) -> None:
    """Take somebody off as the organiser; the seats are offered to those who wait."""
    find_own_event(event_id, lock=True)
    statement = select(Signup).where(Signup.id == signup_id, Signup.event_id == event_id)
    signup = db.first_or_404(statement, description="There is no such sign-up.")
    seats.cancel(signup, clock.now())
    db.session.commit()


@bp.post("/events/<int:event_id>/signups")
@endpoint(errors=(409,))
def create_signup(event_id: int, body: SignupIn) -> Created[CreatedSignupOut] | SignupOut:
    """Sign up: 201 with a token for what comes later, or 200 if the address has signed up before.

    Then nothing changes, the answer has no token, and the address gets a mail with a link, once.
    """
    now = clock.now()
    signup, is_new = seats.sign_up(event_id, body.email, body.seats, now)
    if not is_new:
        notices.link_again(signup, now)
        db.session.commit()
        return show(signup)
    token = notices.new_token(signup)
    db.session.commit()
    shown = show(signup)
    created = CreatedSignupOut(**shown.model_dump(), token=token)
    return Created(created, url_for(".show_signup", token=token))


@bp.get("/signups/<token>")
@endpoint
def show_signup(token: str) -> SignupOut:
    """Show a sign-up as it stands."""
    return show(find_signup(token))


@bp.delete("/signups/<token>")
@endpoint
def cancel_signup(token: str) -> None:
    """Give up a sign-up; its seats are offered to those who wait."""
    seats.cancel(find_signup(token), clock.now())
    db.session.commit()


@bp.post("/signups/<token>/confirm")
@endpoint(errors=(409,))
def confirm_signup(token: str) -> SignupOut:
    """Take the seats that are offered; 409 if none are, or not any more."""
    signup = find_signup(token)
    seats.confirm(signup, clock.now())
    db.session.commit()
    return show(signup)


def find_own_event(event_id: int, *, lock: bool = False) -> Event:
    """Return the event; 404 if there is none, 403 if the token is that of another one."""
    event = db.get_or_404(Event, event_id, lock=lock)
    if g.owned.id != event.id:
        raise Problem(403, "This is the token of another event.")
    return event


def find_signup(token: str) -> Signup:
    """Return the sign-up of a token, or raise the 404."""
    token_hash = tokens.hash_of(token)
    statement = select(Signup).join(Token).where(Token.hash == token_hash)
    signup: Signup = db.first_or_404(statement, description="There is no such sign-up.")
    return signup


def show(signup: Signup) -> SignupOut:
    """Return a sign-up as it is answered."""
    return SignupOut(
        event_id=signup.event_id,
        email=signup.email,
        seats=signup.seats,
        status=signup.status_at(clock.now()),
        position=seats.position(signup),
        confirm_by=signup.confirm_by,
    )
