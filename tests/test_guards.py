"""Who asks comes before what is asked: a stranger learns nothing, whatever was sent along.

Every operation that asks for something, by the document, answers 401 or 403 to who has it not: with
a body that is missing, of another type, malformed or invalid, and with a query that nobody knows.
Only what is too large (413) comes before.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from werkzeug.test import Client

from common.testing.backend import InProcess
from tests.conftest import Toy
from tests.contract import Document, Operation, filled
from tests.house import Room, rooms

REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
JSON, TEXT, FORM = "application/json", "text/plain", "multipart/form-data; boundary=b"
BODIES: dict[str, dict[str, Any]] = {
    "no body": {},
    "malformed JSON": {"data": b"{", "content_type": JSON},
    "text": {"data": b"hello", "content_type": TEXT},
    "an empty object": {"data": b"{}", "content_type": JSON},
    "a list": {"data": b"[1]", "content_type": JSON},
    "unknown fields": {"data": b'{"nobody_knows": 1}', "content_type": JSON},
    "deep JSON": {"data": b"[" * 1000, "content_type": JSON},
    "bytes that are no UTF-8": {"data": b'{"a": "\xff"}', "content_type": JSON},
    "a broken form": {"data": b"--b\r\n", "content_type": FORM},
    "an unknown query": {"query_string": {"nobody_knows": "1"}},
}


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_stranger_is_refused_before_anything_is_read(room: Room) -> None:
    with room.running() as backend:
        found = [*asked_too_late(backend, room.document)]

    assert not found, "\n".join(found)


def asked_too_late(backend: InProcess, document: Document) -> Iterator[str]:
    """Yield the operations that look at what was sent before they look at who sent it."""
    client = Client(backend.wsgi, use_cookies=False)
    for path, item in document["paths"].items():
        for name, operation in item.items():
            if not is_guarded(operation):
                continue
            method, url = name.upper(), filled(path, operation)
            wrong: dict[int, str] = {}  # by status, the first request with it
            for who, headers in strangers(document, operation).items():
                for what, body in BODIES.items():
                    response = client.open(url, method=method, headers=headers, **body)
                    if response.status_code not in REFUSED:
                        wrong.setdefault(response.status_code, f"{who} with {what}")
            for status, request in sorted(wrong.items()):
                yield (
                    f"{method} {path} answers {status} to {request}; 401 or 403 is right. "
                    "A guard stands above @endpoint, see common/guards.py."
                )


def is_guarded(operation: Operation) -> bool:
    """Tell whether nobody may call an operation without showing something."""
    options = operation.get("security", [])
    return bool(options) and {} not in options


def strangers(document: Document, operation: Operation) -> dict[str, dict[str, str]]:
    """Return the headers of those who have nothing to show, or only rubbish."""
    found = {"nobody": {}, "somebody of another scheme": {"Authorization": "Basic YW5hOg=="}}
    for option in operation["security"]:
        for name in option:
            scheme = document["components"]["securitySchemes"][name]
            found[f"a false {name}"] = rubbish(scheme)
    return found


def rubbish(scheme: dict[str, str]) -> dict[str, str]:
    """Return headers with a credential of a scheme that is nobody's."""
    match scheme:
        case {"type": "apiKey", "in": "cookie", "name": name}:
            return {"Cookie": f"{name}=nonsense"}
        case {"type": "apiKey", "in": "header", "name": name}:
            return {name: "nonsense"}
    return {"Authorization": "Bearer nonsense"}


# --- the check notices what is wrong

ASKS_TOO_LATE = '''

@bp.put("/notes/<int:note_id>")
@endpoint(errors=(401,), security="editor")
def replace_note(note_id: int, body: NoteIn) -> NoteOut:
    """Replace a note."""
    raise Unauthorized(str((note_id, body)))
'''
ASKS_FIRST = '''

def ask() -> None:
    """Refuse everybody."""
    raise Unauthorized


@bp.put("/notes/<int:note_id>")
@guard("editor", ask)
@endpoint
def replace_note(note_id: int, body: NoteIn) -> NoteOut:
    """Replace a note."""
    raise NotImplementedError(str((note_id, body)))
'''

DESCRIBED = """    from common.guards import describe

    describe(app, "editor", {"type": "http", "scheme": "bearer"})
    return app"""


@pytest.mark.parametrize(
    ("view", "answered"),
    [(ASKS_TOO_LATE, {"400", "415", "422"}), (ASKS_FIRST, set())],
    ids=["too late", "first"],
)
def test_view_that_asks_too_late_is_found(toy: Toy, view: str, answered: set[str]) -> None:
    imports = "from common.guards import guard\nfrom werkzeug.exceptions import Unauthorized\n"
    toy.change("notes/routes.py", "from flask import", f"{imports}from flask import")
    toy.change("notes/routes.py", "\n\ndef find_note", f"{view}\n\ndef find_note")
    toy.change("notes/__init__.py", "    return app", DESCRIBED)

    with toy.running() as backend:
        found = [*asked_too_late(backend, toy.document)]

    assert {sentence.split()[3] for sentence in found} == answered


def test_credentials_of_each_scheme_are_tried() -> None:
    cookie = {"type": "apiKey", "in": "cookie", "name": "session"}
    header = {"type": "apiKey", "in": "header", "name": "X-Token"}
    bearer = {"type": "http", "scheme": "bearer"}

    tried = [rubbish(cookie), rubbish(header), rubbish(bearer)]

    assert tried == (
        [
            {"Cookie": "session=nonsense"},
            {"X-Token": "nonsense"},
            {"Authorization": "Bearer nonsense"},
        ]
    )


def test_operation_for_everybody_is_not_asked() -> None:
    options = ([], [{}], [{}, {"account": []}], [{"account": []}])

    assert [is_guarded({"security": list(it)}) for it in options] == [False, False, False, True]
