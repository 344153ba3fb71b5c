"""What the landing page offers works: each command line in a terminal, each form in a browser.

Every project's document is tried, also where the project has a page of its own at ``/``.
"""

import json
import re
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from common.describe.examples import Entry, entries
from common.testing.backend import InProcess
from tests.browser import browser, served
from tests.conftest import Toy
from tests.house import Room, rooms
from tests.login import login

__all__ = ["browser"]

BASH = shutil.which("bash") or "bash"
GONE = {404, 409, 410}  # nothing has such a name; it is as wanted already
REFUSED = {401, 403}
FAILED_ELSEWHERE = {502, 504}
STAND_IN = "127.0.0.1:5080"  # `flask run` has it beside the application
PICTURE = b64decode(  # a PNG of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


# --- in a terminal


def promised(entry: Entry, document: dict[str, Any]) -> set[int]:
    """Return the answers that an operation's document promises to who tries it as it stands."""
    responses = document["paths"][entry.path][entry.method.lower()]["responses"]
    statuses = {int(status) for status in responses}
    wanted = {status for status in statuses if status < HTTPStatus.BAD_REQUEST}
    wanted |= GONE | FAILED_ELSEWHERE  # the stand-in of another service does not run here
    schemes = document["components"].get("securitySchemes", {}).values()
    if any(scheme.get("in") == "cookie" for scheme in schemes):
        wanted |= REFUSED  # who is known by a cookie logs in on the project's own page
    return statuses & wanted


def deletes(entry: Entry) -> bool:
    """Tell what is tried last, since nothing is left to show after it."""
    return entry.method == "DELETE"


def wrong_commands(backend: InProcess, document: dict[str, Any], folder: Path) -> Iterator[str]:
    """Send every command line in the page's order, and yield those that answer something else."""
    token = login(backend).get("Authorization", "").removeprefix("Bearer ")
    with served(backend) as port:
        waiting = sorted(entries(document), key=deletes)
        while waiting:
            entry = waiting.pop(0)
            command = entry.command(port.url)
            for name in re.findall(r"@(\S+)", command):
                (folder / name).write_bytes(PICTURE)
            status, answer = run(command, token, folder)
            if status not in promised(entry, document):
                yield f"{command}\n{status} {answer}"
            token = learned(answer, entry, waiting) or token


def learned(answer: str, entry: Entry, later: list[Entry]) -> str:
    """Do as the page does: take the token that an answer has, and the id for later paths."""
    try:
        members = json.loads(answer)
    except ValueError:
        return ""
    if not isinstance(members, dict):
        return ""
    for other in later:
        for given in other.inputs:
            if other.path.startswith(f"{entry.path}/{{{given.name}}}") and "id" in members:
                given.value = str(members["id"])
            elif given.place == "path" and given.name in members:
                given.value = str(members[given.name])
    tokens = [text for name, text in members.items() if name.endswith("_token")]
    return tokens[0] if tokens else ""


def run(command: str, token: str, folder: Path) -> tuple[int, str]:
    """Run a command line; return the status of the answer and its text."""
    line = f"{command} --silent --output answer --write-out '%{{http_code}}'"
    environment = {"TOKEN": token, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [BASH, "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    file = folder / "answer"
    answer = file.read_bytes().decode(errors="replace") if file.exists() else ""
    file.unlink(missing_ok=True)
    return int(done.stdout), answer


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_every_command_line_does_what_it_promises(room: Room, tmp_path: Path) -> None:
    settings = {"ALLOW_HOSTS": STAND_IN} if "upstream" in room.app.cli.commands else {}

    with room.running(**settings) as backend:
        backend.run("seed")
        found = [*wrong_commands(backend, room.document, tmp_path)]
    assert not found, "\n\n".join(found)


def test_command_line_that_is_refused_is_found(toy: Toy, tmp_path: Path) -> None:
    odd = "Text = Annotated[Text, p.AfterValidator(int)]\nWords = Annotated[Text, "
    toy.change("notes/schemas.py", "Words = Annotated[Text, ", f"import pydantic as p\n\n{odd}")
    with toy.running() as backend:
        found = [*wrong_commands(backend, toy.document, tmp_path)]
    assert any("/notes" in text and "\n422 " in text for text in found), found


# --- in a browser


def has_landing_page(room: Room) -> bool:
    """Tell whether the page at / is the common one."""
    return "pages.landing" in room.text(f"{room.slug}/__init__.py")


@pytest.mark.parametrize("room", [*filter(has_landing_page, rooms())], ids=str)
def test_every_form_does_what_it_promises(room: Room, browser: Browser) -> None:
    with room.running() as backend, served(backend) as port:
        backend.run("seed")
        page = browser.new_page(base_url=port.url)
        page.goto("/")
        if page.locator("#login").count():
            page.get_by_role("button", name="Log in").click()
            expect(page.locator("#token")).not_to_have_value("")
        wrong = []
        all_entries = entries(room.document)
        for entry in sorted(all_entries, key=deletes):
            shown = page.locator("details.route").nth(all_entries.index(entry))
            shown.locator("summary").click()
            shown.get_by_role("button", name="Send").click()
            output = shown.locator("output")
            expect(output).to_have_text(re.compile("^[0-9]{3} "))
            status = int(output.inner_text()[:3])
            if status not in promised(entry, room.document):
                wrong.append(f"{entry.method} {entry.path}: {output.inner_text()}")
        page.close()
    assert not wrong, "\n\n".join(wrong)


def test_command_line_follows_what_is_typed(toy: Toy, browser: Browser) -> None:
    with toy.running() as backend, served(backend) as port:
        page = browser.new_page(base_url=port.url)
        page.goto("/")
        commands = page.locator(".command").all_text_contents()
        adding = page.locator("details.route").filter(has=page.get_by_label("Body")).first
        adding.locator("summary").click()
        adding.get_by_label("Body").fill('{"text": "it\'s"}')
        changed = adding.locator(".command").inner_text()
        page.close()

    assert commands == [entry.command(port.url) for entry in entries(toy.document)]
    assert changed.endswith("""--json '{"text": "it'\\''s"}'""")
