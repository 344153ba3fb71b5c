"""How a link gets its code: a generated one, or the alias that was asked for."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, and_, or_, select

from common import clock
from common.database import insert
from common.errors import Problem

from . import codes
from .models import Code, Link, Serial, db
from .schemas import LinkIn

KEPT_WORDS = {"about", "admin", "api", "help", "login"}  # for pages that may come one day


def shorten(wish: LinkIn, *, reuse: bool) -> tuple[Link, bool]:
    """Store the link that was asked for; return it, and whether it is new.

    With ``reuse`` a link that is the same in everything asked for is given back instead.

    Raises:
        Problem: 409 with a free ``suggestion`` where the alias cannot be had.
    """
    # The first statement. From here to the commit all others who make links wait, so that what
    # is read below (is the alias free? is there such a link?) is still true when we write.
    number = next_number()
    if reuse and wish.max_visits is None:  # else some of its visits may be gone
        earlier = find_same(wish)
        if earlier is not None:
            return earlier, False
    if wish.alias is not None:
        refuse_what_is_not_free(wish.alias)
        code = wish.alias
    else:
        code = codes.encode(number, code_key())
        while is_reserved(code) or is_taken(code):  # by an old key: an old link has it
            number = next_number()
            code = codes.encode(number, code_key())
    link = Link(id=number, code=code, clicks=0, created_at=clock.now())
    for name, value in wish.model_dump(exclude={"alias"}).items():
        setattr(link, name, value)
    store(link)
    return link, True


def store(link: Link) -> None:
    """Write a link and reserve its code for ever."""
    db.session.add(Code(code=link.code))
    db.session.flush()
    db.session.add(link)
    db.session.flush()


def next_number() -> int:
    """Take the next row id. The counter's row stays locked until the end of the transaction."""
    statement = insert(db, Serial).values(id=1, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=["id"], set_={"last": Serial.last + 1}
    )
    number: int = db.session.scalar(statement.returning(Serial.last))
    return number


def code_key() -> bytes:
    """Return the key of the codes, made from the secret for this purpose alone."""
    secret: str = current_app.config["CODE_KEY"] or current_app.config["SECRET_KEY"]
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"short codes").digest()


def is_live(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a link has neither expired nor been used up."""
    return and_(
        or_(Link.expires_at.is_(None), Link.expires_at > now),
        or_(Link.max_visits.is_(None), Link.clicks < Link.max_visits),
    )


def find_same(wish: LinkIn) -> Link | None:
    """Return the oldest link that is what was asked for; its end is still to come, as asked."""
    statement = select(Link).where(
        Link.url == wish.url,
        Link.permanent == wish.permanent,
        Link.expires_at.is_not_distinct_from(wish.expires_at),
        Link.max_visits.is_(None),
    )
    if wish.alias is not None:
        statement = statement.where(Link.code == wish.alias)
    return db.session.scalar(statement.order_by(Link.id).limit(1))


def is_taken(code: str) -> bool:
    """Tell whether a link has or had this code."""
    return db.session.get(Code, code) is not None


def is_reserved(code: str) -> bool:
    """Tell whether the service itself needs this word, in whatever case."""
    words = set(KEPT_WORDS)
    for rule in current_app.url_map.iter_rules():
        words.add(rule.rule.split("/")[1])
    return code.lower() in words


def objection(alias: str) -> str | None:
    """Return why a new link cannot have this alias, or None if it can."""
    if is_reserved(alias):
        return "is a word of this service"
    if is_taken(alias):
        return "is taken"
    try:
        codes.decode(alias, code_key())
    except ValueError:
        return None
    return "is kept for a generated code"


def refuse_what_is_not_free(alias: str) -> None:
    """Raise the 409 with a free suggestion if a new link cannot have this alias."""
    reason = objection(alias)
    if reason is None:
        return
    for free in alternatives(alias):
        if objection(free) is None:
            break
    raise Problem(409, f"The alias {alias!r} {reason}; {free!r} is free.", suggestion=free)


def alternatives(alias: str) -> Iterator[str]:
    """Yield ``alias-2`` to ``alias-9``, then random endings without end."""
    stem = alias[:25]
    for number in range(2, 10):
        yield f"{stem}-{number}"
    while True:
        yield f"{stem}-{secrets.token_hex(3)}"
