"""Rules that follow what is called: what they let pass is right, what only looks so is found."""

import pytest

from tests.conftest import Toy
from tests.house import RULES

LOCKING = '''from sqlalchemy import select, update

from .models import Note, db


def change(note_id, text):
    """Change a note in one statement."""
    statement = update(Note).where(Note.id == note_id).values(text=text)
    db.session.execute(statement)


def read(note_id, *, lock=False):
    """Read a note, and lock it if that is asked for."""
    return db.session.get(Note, note_id, with_for_update=lock or True)


def hold(note_id):
    """Read a note and lock it."""
    return db.session.scalar(select(Note).where(Note.id == note_id).with_for_update())
'''
FINDS = "note = find_note(note_id, lock=True)\n    write_note"


def locks(toy: Toy) -> list[str]:
    return [*RULES["changes_lock_their_rows"](toy)]


@pytest.mark.parametrize(
    ("call", "is_right"),
    [
        ("note = find_note(note_id, lock=True)", True),
        ("note = find_note(note_id)", False),
        ("note = find_note(note_id, lock=False)", False),
        ("note = db.session.get(Note, note_id, with_for_update=True)", True),
        ("note = db.session.get(Note, note_id)", False),
        ("note = db.session.scalar(select(Note).with_for_update())", True),
        ("db.session.execute(update(Note).values(text='a'))", True),
        ("db.session.execute(insert(Note).values(text='a'))", True),
        ("keeping.change(note_id, body.text)", True),
        ("note = keeping.hold(note_id)", True),
        ("note = hold(note_id)", True),
        ("note = keeping.read(note_id)", False),
        ("note = keeping.read(note_id, lock=True)", True),
        ("note = holding(note_id)", False),
    ],
)
def test_change_locks_or_is_one_statement(toy: Toy, call: str, is_right: bool) -> None:
    toy.change("notes/keeping.py", None, LOCKING)
    toy.change("notes/routes.py", FINDS, f"{call}\n    write_note")
    toy.change(
        "notes/routes.py",
        "from .models",
        "from . import keeping\nfrom .keeping import hold\nfrom .models",
    )

    found = locks(toy)

    assert (found == []) is is_right, found


@pytest.mark.parametrize(
    ("decorator", "is_asked"),
    [
        ('@bp.put("/notes/<int:note_id>")', True),
        ('@bp.route("/notes/<int:note_id>", methods=["GET", "PUT"])', True),
        ('@bp.route("/notes/<int:note_id>", methods=["POST"])', False),
        ('@bp.get("/notes/<int:note_id>/other")', False),
    ],
)
def test_only_patch_and_put_are_asked(toy: Toy, decorator: str, is_asked: bool) -> None:
    toy.change("notes/routes.py", ", lock=True)\n    write", ")\n    write")
    toy.change("notes/routes.py", '@bp.patch("/notes/<int:note_id>")', decorator)

    assert bool(locks(toy)) is is_asked


JOB = '''"""Work."""

from .models import db


def tidy():
    """Delete what is old."""
    db.session.commit()
'''


@pytest.mark.parametrize(
    ("gives", "is_right"),
    [
        ("scheduler.init_app(app, work.tidy, every=60)", True),
        ("jobs.init_app(app, sweep=work.tidy)", True),
        ("jobs.enqueue(work.tidy, 1)", True),
        ("work.tidy()", False),
    ],
)
def test_job_commits_and_what_is_called_like_a_lesson_does_not(
    toy: Toy, gives: str, is_right: bool
) -> None:
    toy.change("notes/work.py", None, JOB)
    toy.change("notes/__init__.py", "from .models", "from . import work\nfrom .models")
    toy.change("notes/__init__.py", "    return app", f"    {gives}\n    return app")

    found = [*RULES["only_routes_commands_and_jobs_commit"](toy)]

    assert (found == []) is is_right, found


def test_function_whose_name_says_so_commits(toy: Toy) -> None:
    toy.change("notes/work.py", None, JOB.replace("def tidy", "def tidy_and_commit"))

    assert [*RULES["only_routes_commands_and_jobs_commit"](toy)] == []


def test_error_handler_is_no_finder(toy: Toy) -> None:
    handler = '@bp.errorhandler(KeyError)\ndef unknown(error):\n    return Problem(404, "x")\n'
    toy.change("notes/routes.py", "\n\ndef find_note", f"\n\n{handler}\n\ndef find_note")

    assert [*RULES["finders_are_called_find"](toy)] == []
