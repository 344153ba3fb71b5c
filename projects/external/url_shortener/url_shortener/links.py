"""How a link gets its code: a generated one, or the alias that was asked for."""

import hashlib
import secrets
from collections.abc import Iterator

from flask import current_app
from sqlalchemy import select

from common import clock
from common.errors import Problem

from . import codes
from .models import Code, Link, Serial, db, upsert
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
    if reuse and (same := find_same(wish)):
        return same, False
    if wish.alias and (reason := objection(wish.alias)):
        free = next(alias for alias in alternatives(wish.alias) if objection(alias) is None)
        raise Problem(409, f"The alias {wish.alias!r} {reason}; {free!r} is free.", suggestion=free)
    code = wish.alias or codes.encode(number, code_key())
    while is_taken(code):  # only after a change of the key: an old link has it
        number = next_number()
        code = codes.encode(number, code_key())
    link = Link(id=number, code=code, clicks=0, created_at=clock.now())
    link.url, link.permanent, link.expires_at = wish.url, wish.permanent, wish.expires_at
    store(link)
    db.session.commit()
    return link, True


def store(link: Link) -> None:
    """Write a link and reserve its code for ever."""
    db.session.add(Code(code=link.code))
    db.session.flush()
    db.session.add(link)
    db.session.flush()


def next_number() -> int:
    """Take the next row id. The counter's row stays locked until the end of the transaction."""
    counter = upsert(Serial, {"id": 1}, {"last": Serial.last + 1}, last=1)
    return int(db.session.scalar(counter.returning(Serial.last)))


def code_key() -> bytes:
    """Return the key of the codes, made from the secret for this purpose alone."""
    secret: str = current_app.config["CODE_KEY"] or current_app.config["SECRET_KEY"]
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"short codes").digest()


def find_same(wish: LinkIn) -> Link | None:
    """Return the oldest link that is what was asked for; its end is still to come, as asked."""
    same = select(Link).where(
        Link.url == wish.url,
        Link.permanent == wish.permanent,
        Link.expires_at.is_not_distinct_from(wish.expires_at),
    )
    if wish.alias:
        same = same.where(Link.code == wish.alias)
    return db.session.scalars(same.order_by(Link.id).limit(1)).first()


def is_taken(code: str) -> bool:
    """Tell whether a link has or had this code."""
    return db.session.get(Code, code) is not None


def objection(alias: str) -> str | None:
    """Return why a new link cannot have this alias, or None if it can."""
    routes = {rule.rule.split("/")[1] for rule in current_app.url_map.iter_rules()}
    if alias.lower() in routes | KEPT_WORDS:
        return "is a word of this service"
    if is_taken(alias):
        return "is taken"
    try:
        codes.decode(alias, code_key())
    except ValueError:
        return None
    return "is kept for a generated code"


def alternatives(alias: str) -> Iterator[str]:
    """Yield ``alias-2`` to ``alias-9``, then random endings without end."""
    stem = alias[:25]
    yield from (f"{stem}-{number}" for number in range(2, 10))
    while True:
        yield f"{stem}-{secrets.token_hex(3)}"
