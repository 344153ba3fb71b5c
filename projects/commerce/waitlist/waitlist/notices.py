"""Mails about sign-ups: written down in the transaction that gives the reason, sent after it.

If the transaction fails there is no mail; if the mail server is away, the seat is offered all the
same and the mail follows. A mail is sent at most once, however many processes send: who sends it
first takes it on by one statement that only one of them can win.
"""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select, update

from common import mail

from . import seats, tokens
from .models import Kind, Notice, Signup, Token, db

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


def link_again(signup: Signup, now: datetime) -> None:
    """Have the address of a sign-up get a link to it, once at most; its event is locked."""
    kind = select(Notice.id).where(Notice.signup_id == signup.id, Notice.kind == "link")
    if db.session.scalar(kind) is None:
        db.session.add(Notice(signup_id=signup.id, kind="link", due_at=now))


def new_token(signup: Signup) -> str:
    """Return a new token of a sign-up; those that it has stay good."""
    token = tokens.new()
    db.session.add(Token(hash=tokens.hash_of(token), signup_id=signup.id))
    return token


def send_due(now: datetime) -> None:
    """Send what is due."""
    due = select(Notice.id).where(Notice.due_at <= now).order_by(Notice.due_at, Notice.id)
    notice_ids = db.session.scalars(due).all()
    db.session.commit()
    for notice_id in notice_ids:
        send(notice_id, now)


def send(notice_id: int, now: datetime) -> None:
    """Take a mail on and send it, unless another process has, or its offer has ended.

    The event is locked before, as by everything that changes sign-ups. Without that, a cancellation
    (which deletes a sign-up, then its notices) and this (a notice, then a token of the sign-up)
    might each wait for the other one.
    """
    of_notice = select(Signup.event_id).join(Notice, Notice.signup_id == Signup.id)
    event_id = db.session.scalar(of_notice.where(Notice.id == notice_id))
    if event_id is None:  # cancelled a moment ago
        db.session.commit()
        return
    event = seats.lock(event_id)
    mine = update(Notice).where(Notice.id == notice_id, Notice.due_at <= now).values(due_at=None)
    notice = db.session.execute(mine.returning(Notice.signup_id, Notice.kind)).one_or_none()
    if notice is None:
        db.session.commit()
        return
    signup = db.session.get_one(Signup, notice.signup_id, populate_existing=True)
    if notice.kind == "offer" and signup.status_at(now) != "offered":
        db.session.commit()
        return
    token = new_token(signup)
    values = {"title": event.title, "seats": signup.seats, "until": signup.confirm_by}
    values["url"] = f"{current_app.config['PUBLIC_URL']}/signups/{token}"
    subject, text = (part.format(**values) for part in TEXTS[notice.kind])
    db.session.commit()  # first of all: nobody shall wait with us for the mail server
    try:
        mail.send(signup.email, subject, text)
    except mail.MailError as error:
        current_app.logger.warning("mail %d was not sent: %s", notice_id, error)
        seats.lock(event_id)
        db.session.execute(delete(Token).where(Token.hash == tokens.hash_of(token)))
        if not error.permanent:
            again = update(Notice).where(Notice.id == notice_id)
            db.session.execute(again.values(due_at=now + RETRY))
        db.session.commit()
