"""The HTTP interface."""

from flask import Blueprint, url_for
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from common.api import Created, endpoint
from common.database import violated
from common.errors import Problem
from common.pagination import Page, PageQuery, paginate

from .models import Entry, db
from .priority import score
from .schemas import EntryIn, EntryOut, EntryPatch

bp = Blueprint("entries", __name__)


@bp.get("/entries")
@endpoint
def list_entries(query: PageQuery) -> Page[EntryOut]:
    """List the entries, the highest priority first; of equals, the older."""
    statement = select(Entry).order_by(Entry.priority.desc(), Entry.id)
    return paginate(db.session, statement, query, EntryOut)


@bp.post("/entries")
@endpoint(errors=(409,))
def create_entry(body: EntryIn) -> Created[EntryOut]:
    """Add an entry. A name that is taken is a 409."""
    entry = Entry()
    db.session.add(entry)
    _write(entry, body)
    location = url_for(".show_entry", entry_id=entry.id)
    return Created(EntryOut.model_validate(entry), location)


@bp.get("/entries/<int:entry_id>")
@endpoint
def show_entry(entry_id: int) -> EntryOut:
    """Show an entry."""
    return EntryOut.model_validate(_find(entry_id))


@bp.patch("/entries/<int:entry_id>")
@endpoint(errors=(409,))
def change_entry(entry_id: int, body: EntryPatch) -> EntryOut:
    """Change the fields that are sent. The priority follows."""
    entry = _find(entry_id, lock=True)
    _write(entry, body)
    return EntryOut.model_validate(entry)


@bp.delete("/entries/<int:entry_id>")
@endpoint
def delete_entry(entry_id: int) -> None:
    """Delete an entry."""
    db.session.delete(_find(entry_id, lock=True))
    db.session.commit()


def _find(entry_id: int, *, lock: bool = False) -> Entry:
    """Return the entry, or answer 404. ``lock`` keeps it as it is until the commit."""
    entry = db.session.get(Entry, entry_id, with_for_update=lock)
    if entry is None:
        raise Problem(404, f"There is no entry {entry_id}.")
    return entry


def _write(entry: Entry, given: EntryIn | EntryPatch) -> None:
    """Put what was given into the entry, and the priority that follows, and commit."""
    for field, value in given.model_dump().items():
        setattr(entry, field, value)
    entry.priority = score(entry.value, entry.effort)
    name = entry.name
    try:
        # Two requests may both find a name free; the constraint decides, not a look before.
        db.session.commit()
    except IntegrityError as error:
        if violated(error) != "uq_entry_name":
            raise
        raise Problem(409, f"There is an entry {name!r} already; choose another name.") from None
