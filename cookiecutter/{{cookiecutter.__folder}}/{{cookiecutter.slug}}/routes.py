"""The HTTP interface."""

from flask import Blueprint, url_for
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from common.api import Created, Page, endpoint
from common.database import violated
from common.errors import Problem
from common.pagination import PageQuery, paginate

from .models import Entry, db
from .priority import score
from .schemas import EntryIn, EntryOut, EntryPatch

bp = Blueprint("{{ cookiecutter.slug }}", __name__)


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
    write_entry(entry, body)
    commit_name(entry.name)
    shown = EntryOut.model_validate(entry)
    location = url_for(".show_entry", entry_id=entry.id)
    return Created(shown, location)


@bp.get("/entries/<int:entry_id>")
@endpoint
def show_entry(entry_id: int) -> EntryOut:
    """Show an entry."""
    entry = find_entry(entry_id)
    return EntryOut.model_validate(entry)


@bp.patch("/entries/<int:entry_id>")
@endpoint(errors=(409,))
def change_entry(entry_id: int, body: EntryPatch) -> EntryOut:
    """Change the fields that are sent. The priority follows."""
    entry = find_entry(entry_id, lock=True)
    write_entry(entry, body)
    commit_name(entry.name)
    return EntryOut.model_validate(entry)


@bp.delete("/entries/<int:entry_id>")
@endpoint
def delete_entry(entry_id: int) -> None:
    """Delete an entry."""
    entry = find_entry(entry_id, lock=True)
    db.session.delete(entry)
    db.session.commit()


def find_entry(entry_id: int, *, lock: bool = False) -> Entry:
    """Return an entry, or answer 404. ``lock`` keeps it as it is until the commit."""
    return db.get_or_404(
        Entry,
        entry_id,
        description="There is no such entry.",
        with_for_update=lock,
    )


def write_entry(entry: Entry, given: EntryIn) -> None:
    """Put into an entry what was given, and the priority that follows."""
    changes = given.model_dump()
    for field, value in changes.items():
        setattr(entry, field, value)
    entry.priority = score(entry.value, entry.effort)


def commit_name(name: str) -> None:
    """Commit an entry of this name; two requests may both have found it free."""
    try:
        db.session.commit()
    except IntegrityError as error:
        if violated(error) != "uq_entry_name":
            raise
        detail = f"There is an entry {name!r} already; choose another name."
        raise Problem(409, detail) from None
