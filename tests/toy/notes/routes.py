"""The HTTP interface."""

from flask import Blueprint, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from common.api import Created, Page, endpoint
from common.pagination import paginate

from .models import Note, db
from .schemas import NoteIn, NoteOut, NoteQuery

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
    note = Note(text=body.text, color=body.color)
    db.session.add(note)
    db.session.commit()
    location = url_for(".show_note", note_id=note.id)
    return Created(NoteOut.model_validate(note), location=location)


@bp.get("/notes/<int:note_id>")
@endpoint
def show_note(note_id: int) -> NoteOut:
    """Show a note."""
    note = find_note(note_id)
    return NoteOut.model_validate(note)


@bp.delete("/notes/<int:note_id>")
@endpoint
def delete_note(note_id: int) -> None:
    """Delete a note."""
    note = find_note(note_id)
    db.session.delete(note)
    db.session.commit()


def find_note(note_id: int) -> Note:
    """Return a note, or answer 404."""
    note = db.session.get(Note, note_id)
    if note is None:
        raise NotFound(f"There is no note {note_id}.")
    return note
