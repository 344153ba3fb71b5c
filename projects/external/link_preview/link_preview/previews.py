"""Previews from the cache, or fetched once however many ask (single flight).

Threads and processes agree by one row for a URL. Who inserts it, or updates it while nobody else
has a claim, fetches; all others wait for the outcome. A claim ends by itself: processes die.
"""

import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import Row, delete, or_, select, update

from common import clock, fetch
from common.database import insert
from common.errors import Problem, invalid

from . import metadata
from .fetching import BadStatus, check_address, check_url, fetch_page
from .models import Preview, db
from .schemas import PreviewOut
from .settings import allowed

FAILURE_SECONDS = 10  # that a failure is kept, so that nobody knocks at a broken door all the time
GRACE_SECONDS = 5  # of a claim, beyond the time that fetching may take
POLL_SECONDS = 0.05


def preview(url: str) -> PreviewOut:
    """Return the preview of a URL that ``check_url`` has passed; raises the Problem it has."""
    patience = current_app.config["TOTAL_TIMEOUT"] + 2 * GRACE_SECONDS
    give_up = time.monotonic() + patience
    while time.monotonic() < give_up:
        row, now = _find(url), clock.now()
        if row and row.outcome and row.expires_at > now:
            return _tell(url, row, cached=True)
        if row is None or row.claimed_until is None or row.claimed_until <= now:
            claim = uuid.uuid4().hex
            if _claimed(url, claim):
                _store(url, claim, _outcome(url, claim))
                row = _find(url)
                if row and row.outcome:
                    return _tell(url, row, cached=False)
        time.sleep(POLL_SECONDS)
    raise Problem(503, "Somebody else is fetching this; try again.", headers={"Retry-After": "1"})


def _find(url: str) -> Row[Any] | None:
    """Read a row, and end the transaction: none is open while we fetch or wait."""
    columns = (Preview.outcome, Preview.fetched_at, Preview.expires_at, Preview.claimed_until)
    row = db.session.execute(select(*columns).where(Preview.url == url)).one_or_none()
    db.session.rollback()
    return row


def _tell(url: str, row: Row[Any], *, cached: bool) -> PreviewOut:
    problem: Mapping[str, Any] | None = row.outcome.get("problem")
    if problem is None:
        return PreviewOut(
            url=url, **row.outcome["preview"], fetched_at=row.fetched_at, cached=cached
        )
    if problem["status"] == 422:  # noqa: PLR2004
        raise invalid(problem["detail"], "query", "url")
    raise Problem(**problem)


def _claimed(url: str, claim: str) -> bool:
    """Try to become the one who fetches: one statement, so that of many at once one succeeds."""
    now = clock.now()
    seconds = current_app.config["TOTAL_TIMEOUT"] + GRACE_SECONDS
    mine = {"claim": claim, "claimed_until": now + timedelta(seconds=seconds)}
    free = or_(Preview.claimed_until.is_(None), Preview.claimed_until <= now)
    row = insert(db, Preview).values(url=url, expires_at=now, **mine)
    stale = free & (Preview.expires_at <= now)
    row = row.on_conflict_do_update(index_elements=[Preview.url], set_=mine, where=stale)
    got = db.session.scalar(row.returning(Preview.claim))
    db.session.commit()
    return got is not None


def _outcome(url: str, claim: str) -> dict[str, Any]:
    """Fetch and read a page; whatever goes wrong, others need not wait for the claim to end."""
    config = current_app.config
    ports, hosts = allowed()
    check = partial(check_url, ports=ports, allow_hosts=hosts)
    rules = fetch.Rules.of(config, check_url=check, check_address=check_address)
    try:
        page = fetch_page(url, rules, config["MAX_BYTES"])
        if page.body is None:
            return {"preview": {"type": page.media_type, "size": page.size}}
        return {"preview": metadata.extract(page.body, page.content_type, page.url)}
    except fetch.FetchError as error:
        return {"problem": _problem(error)}
    except BaseException:
        db.session.execute(_mine(url, claim).values(claimed_until=None))
        db.session.commit()
        raise


def _problem(error: fetch.FetchError) -> dict[str, Any]:
    if isinstance(error, fetch.Refused):
        return {"status": 422, "detail": str(error)}
    status = 504 if isinstance(error, fetch.TimedOut) else 502
    told = {"upstream_status": error.status} if isinstance(error, BadStatus) else {}
    return {"status": status, "detail": f"No preview: {error}.", **told}


def _store(url: str, claim: str, outcome: dict[str, Any]) -> None:
    """Keep an outcome, and forget what has expired."""
    now = clock.now()
    kept = current_app.config["CACHE_SECONDS"] if "preview" in outcome else FAILURE_SECONDS
    values = {"outcome": outcome, "fetched_at": now, "claimed_until": None}
    expires_at = now + timedelta(seconds=kept)
    db.session.execute(_mine(url, claim).values(**values, expires_at=expires_at))
    unclaimed = or_(Preview.claimed_until.is_(None), Preview.claimed_until <= now)
    db.session.execute(delete(Preview).where(Preview.expires_at <= now, unclaimed))
    db.session.commit()


def _mine(url: str, claim: str) -> Any:
    """Return an UPDATE of a row that changes nothing where the claim was lost to somebody else."""
    return update(Preview).where(Preview.url == url, Preview.claim == claim)
