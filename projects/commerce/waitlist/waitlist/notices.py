"""Mails about sign-ups: written down in the transaction that gives the reason, sent after it.

If the transaction fails there is no mail; if the mail server is away, the seat is offered all the
same and the mail follows. A mail is sent at most once, however many processes send: who sends it
first takes it on by one statement that only one of them can win.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select, update

from common import clock, mail, tokens
from common.database import release

from . import seats
from .models import Kind, Notice, Signup, Token, db

TICK_SECONDS = 5  # a mail leaves that long after its offer was made, at most
RETRY = timedelta(minutes=5)
OFFER = """\
Seats have become free at "{title}", and you are next.

  Seats kept for you: {seats}
  until {until:%Y-%m-%d %H:%M} UTC

Confirm that you come:

  curl -X POST {url}/confirm

Or let somebody else have them:

  curl -X DELETE {url}
"""
LINK = """\
You have signed up for "{title}" already. This shows how it stands:

  curl {url}

And this gives it up:

  curl -X DELETE {url}
"""
TEXTS: dict[Kind, tuple[str, str]] = {
    "offer": ("Seats for you: {title}", OFFER),
    "link": ("Your sign-up: {title}", LINK),
}


def tick() -> None:
    """Pass on the seats that nobody confirmed in time, and send the mails that are due."""
    now = clock.now()
    for event_id in seats.lapsed_events(now):
        seats.pass_on(event_id, now)
        db.session.commit()
    statement = select(Notice.id).where(Notice.due_at <= now)
    statement = statement.order_by(Notice.due_at, Notice.id)
    notice_ids = db.session.scalars(statement).all()
    release()
    for notice_id in notice_ids:
        claimed = claim(notice_id, now)
        if claimed is not None:
            send(claimed, now)


def link_again(signup: Signup, now: datetime) -> None:
    """Have the address of a sign-up get a link to it, once at most; its event is locked."""
    statement = select(Notice.id).filter_by(signup_id=signup.id, kind="link")
    if db.session.scalar(statement) is None:
        db.session.add(Notice(signup_id=signup.id, kind="link", due_at=now))


def new_token(signup: Signup) -> str:
    """Return a new token of a sign-up; those that it has stay good."""
    token = tokens.new()
    db.session.add(Token(hash=tokens.hash_of(token), signup_id=signup.id))
    return token


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that nobody else sends."""

    notice_id: int
    event_id: int
    to: str
    subject: str
    text: str
    token: str


def claim(notice_id: int, now: datetime) -> Claimed | None:
    """Take a mail on, unless another process has, or its offer has ended.

    The event is locked before, as by everything that changes sign-ups. Without that, a cancellation
    (which deletes a sign-up, then its notices) and this (a notice, then a token of the sign-up)
    might each wait for the other one.
    """
    statement = select(Signup.event_id).join(Notice, Notice.signup_id == Signup.id)
    event_id = db.session.scalar(statement.where(Notice.id == notice_id))
    if event_id is None:  # cancelled a moment ago
        release()
        return None
    event = seats.lock(event_id)
    change = update(Notice).where(Notice.id == notice_id, Notice.due_at <= now)
    change = change.values(due_at=None)
    notice = db.session.scalar(change.returning(Notice))
    if notice is None:  # another process has it
        release()
        return None
    signup = db.session.get_one(Signup, notice.signup_id, populate_existing=True)
    if notice.kind == "offer" and signup.status_at(now) != "offered":
        db.session.commit()
        return None
    token = new_token(signup)
    subject, text = TEXTS[notice.kind]
    site = str(current_app.config["PUBLIC_URL"]).rstrip("/")
    values = {
        "title": event.title,
        "seats": signup.seats,
        "until": signup.confirm_by,
        "url": f"{site}/signups/{token}",
    }
    db.session.commit()  # nobody shall wait with us for the mail server
    return Claimed(
        notice_id=notice_id,
        event_id=event_id,
        to=signup.email,
        subject=subject.format(**values),
        text=text.format(**values),
        token=token,
    )


def send(claimed: Claimed, now: datetime) -> None:
    """Send a mail; one that is refused for the moment is due again later."""
    try:
        mail.send(claimed.to, claimed.subject, claimed.text)
    except mail.MailError as error:
        current_app.logger.warning("mail %d was not sent: %s", claimed.notice_id, error)
        give_up(claimed)
        if not error.permanent:
            statement = update(Notice).where(Notice.id == claimed.notice_id)
            db.session.execute(statement.values(due_at=now + RETRY))
        db.session.commit()


def give_up(claimed: Claimed) -> None:
    """Take back the token of a mail that nobody got; its event is locked first."""
    seats.lock(claimed.event_id)
    token_hash = tokens.hash_of(claimed.token)
    db.session.execute(delete(Token).where(Token.hash == token_hash))
