"""The HTTP interface."""

from flask import Blueprint, current_app, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from common.api import Created, Page, endpoint
from common.pagination import paginate

from .models import Note, db
from .schemas import NoteIn, NoteOut, NotePatch, NoteQuery
from .titles import title_of

bp = Blueprint("notes", __name__)


@bp.get("/notes")
@endpoint
def list_notes(query: NoteQuery) -> Page[NoteOut]:
    """List the notes, the newest first."""
    statement = select(Note).order_by(Note.id.desc())
    if query.color:
        statement = statement.where(Note.color == query.color)
    return paginate(db.session, statement, query, NoteOut)


@bp.post("/notes")
@endpoint
def add_note(body: NoteIn) -> Created[NoteOut]:
    """Add a note."""
    note = Note()
    write_note(note, body)
    db.session.add(note)
    db.session.commit()
    shown = NoteOut.model_validate(note)
    location = url_for(".show_note", note_id=note.id)
    return Created(shown, location)


@bp.get("/notes/<int:note_id>")
@endpoint
def show_note(note_id: int) -> NoteOut:
    """Show a note."""
    note = find_note(note_id)
    return NoteOut.model_validate(note)


@bp.patch("/notes/<int:note_id>")
@endpoint
def change_note(note_id: int, body: NotePatch) -> NoteOut:
    """Change the fields that are sent. The title follows the text."""
    note = find_note(note_id, lock=True)
    write_note(note, body)
    db.session.commit()
    return NoteOut.model_validate(note)


@bp.delete("/notes/<int:note_id>")
@endpoint
def delete_note(note_id: int) -> None:
    """Delete a note."""
    note = find_note(note_id, lock=True)
    db.session.delete(note)
    db.session.commit()


def write_note(note: Note, given: NoteIn) -> None:
    """Put into a note what was given, and the title that follows from the text."""
    changes = given.model_dump()
    for field, value in changes.items():
        setattr(note, field, value)
    length = current_app.config["TITLE_LENGTH"]
    note.title = title_of(note.text, length)


def find_note(note_id: int, *, lock: bool = False) -> Note:
    """Return a note, or answer 404. ``lock`` keeps it as it is until the commit."""
    note = db.session.get(Note, note_id, with_for_update=lock)
    if note is None:
        raise NotFound("There is no such note.")
    return note
