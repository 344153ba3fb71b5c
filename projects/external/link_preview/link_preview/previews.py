"""Previews from the cache, or fetched once however many ask (single flight).

Threads and processes agree by one row for a URL. Who inserts it, or updates it while nobody else
has a claim, fetches; all others wait for the outcome. A claim ends by itself: processes die.
"""

import time
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import and_, delete, or_, update

from common import clock, fetch
from common.database import insert
from common.errors import Problem

from . import metadata
from .fetching import BadStatus, check_address, check_url, fetch_page
from .models import Preview, db
from .schemas import PreviewOut
from .settings import allowed_ports

FAILURE_SECONDS = 10  # that a failure is kept, so that nobody knocks at a broken door all the time
GRACE_SECONDS = 5  # of a claim, beyond the time that fetching may take
POLL_SECONDS = 0.05


def preview(url: str, *, refresh: bool = False) -> PreviewOut:
    """Return the preview of a URL that ``check_url`` has passed; raises the Problem it has.

    With ``refresh``, only what is fetched from now on will do.
    """
    since = clock.now() if refresh else None
    until = time.monotonic() + current_app.config["TOTAL_TIMEOUT"] + 2 * GRACE_SECONDS
    while time.monotonic() < until:
        row = find(url)
        if row is not None and is_fresh(row, since):
            return tell(row, cached=True)
        is_free = row is None or row.claimed_until <= clock.now()
        claimed_by = uuid.uuid4().hex
        if is_free and claim_and_commit(url, claimed_by, since):
            settle_and_commit(url, claimed_by, outcome_of(url, claimed_by))
            row = find(url)
            if row is not None and row.outcome is not None:
                return tell(row, cached=False)
        time.sleep(POLL_SECONDS)
    detail = "Somebody else is fetching this; try again."
    raise Problem(503, detail, headers={"Retry-After": "1"})


def find(url: str) -> Preview | None:
    """Read a row, and end the transaction: none is open while we fetch or wait."""
    row = db.session.get(Preview, url)
    db.session.close()
    return row


def is_fresh(row: Preview, since: datetime | None) -> bool:
    """Tell whether an outcome will do for those who want it as it is after ``since``."""
    if row.fetched_at is None or row.expires_at <= clock.now():
        return False
    return since is None or row.fetched_at > since


def tell(row: Preview, *, cached: bool) -> PreviewOut:
    """Return the preview of a row, or raise the Problem that it has."""
    outcome = row.outcome or {}
    if "problem" in outcome:
        raise Problem(**outcome["problem"])
    said = outcome["preview"]
    return PreviewOut(
        url=row.url,
        fetched_at=row.fetched_at,
        cached=cached,
        **said,
    )


def claim_and_commit(url: str, claimed_by: str, since: datetime | None) -> bool:
    """Try to become the one who fetches: one statement, so that of many at once one succeeds."""
    now = clock.now()
    seconds = current_app.config["TOTAL_TIMEOUT"] + GRACE_SECONDS
    claimed = {
        "claimed_by": claimed_by,
        "claimed_until": now + timedelta(seconds=seconds),
    }
    is_stale = Preview.expires_at <= now
    if since is not None:
        is_stale = or_(is_stale, Preview.fetched_at <= since)
    statement = insert(db, Preview).values(url=url, expires_at=now, **claimed)
    statement = statement.on_conflict_do_update(
        index_elements=[Preview.url],
        set_=claimed,
        where=and_(is_stale, Preview.claimed_until <= now),
    )
    has_claim = db.session.scalar(statement.returning(Preview.url)) is not None
    db.session.commit()
    return has_claim


def settle_and_commit(url: str, claimed_by: str, outcome: dict[str, Any]) -> None:
    """Keep an outcome, unless the claim was lost, and forget what has expired."""
    now = clock.now()
    seconds = current_app.config["CACHE_SECONDS"]
    if "problem" in outcome:
        seconds = FAILURE_SECONDS
    settled = {
        "outcome": outcome,
        "fetched_at": now,
        "expires_at": now + timedelta(seconds=seconds),
        "claimed_until": now,
    }
    statement = claimed_row(url, claimed_by).values(settled)
    db.session.execute(statement)
    expired = delete(Preview).where(Preview.expires_at <= now, Preview.claimed_until <= now)
    db.session.execute(expired)
    db.session.commit()


def give_up_and_commit(url: str, claimed_by: str) -> None:
    """Let somebody else fetch."""
    statement = claimed_row(url, claimed_by).values(claimed_until=clock.now())
    db.session.execute(statement)
    db.session.commit()


def claimed_row(url: str, claimed_by: str) -> Any:
    """Return an UPDATE of a row that changes nothing where somebody else has claimed it since."""
    return update(Preview).where(
        Preview.url == url,
        Preview.claimed_by == claimed_by,
    )


def outcome_of(url: str, claimed_by: str) -> dict[str, Any]:
    """Fetch and read a page; whatever goes wrong, others need not wait for the claim to end."""
    config = current_app.config
    rules = fetch.Rules.of(
        config,
        check_url=partial(check_url, ports=allowed_ports(config)),
        check_address=check_address,
    )
    try:
        page = fetch_page(url, rules, config["MAX_BYTES"])
        if page.body is None:
            return {"preview": {"type": page.media_type, "size": page.size}}
        card = metadata.extract(page.body, page.content_type, page.url)
        return {"preview": asdict(card)}
    except fetch.FetchError as error:
        return {"problem": problem_of(error)}
    except BaseException:
        give_up_and_commit(url, claimed_by)
        raise


def problem_of(error: fetch.FetchError) -> dict[str, Any]:
    """Return what is told, and kept, when there is no page: what ``Problem`` takes."""
    reason = str(error)
    problem: dict[str, Any] = {
        "status": 502,
        "detail": f"No preview: {reason}.",
    }
    if isinstance(error, fetch.TimedOut):
        problem["status"] = 504
    elif isinstance(error, BadStatus):
        problem["upstream_status"] = error.status
    elif isinstance(error, fetch.Refused):
        problem["status"] = 422
        problem["detail"] = reason
        problem["errors"] = [{"loc": ["query", "url"], "msg": reason}]
    return problem
