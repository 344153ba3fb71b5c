"""Every project starts as several processes on an empty folder, under many clients at once.

What a project promises beyond that (none counted twice, none lost) is tested where it is promised:
in the project, by the same means, ``live`` and ``at_once`` of ``common.testing``.
"""

import re
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from common.testing import wait_until
from common.testing.servers import Server, at_once
from tests.conftest import Toy
from tests.house import Room, rooms

PROCESSES, CLIENTS = 2, 24
FAILURE = 500
ANSWERED = re.compile(r"answered-by-<?(\d+)>?\n")
LOG_PROCESS = {"GUNICORN_CMD_ARGS": "--access-logfile - --access-logformat answered-by-%(p)s"}


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_first_start_under_many_clients(room: Room, tmp_path: Path) -> None:
    found = trouble(room, tmp_path)
    assert not found, found


def trouble(room: Room, folder: Path) -> str:
    """Start a project with its very first requests waiting; return what went wrong, if anything."""
    paths = ["/healthz", "/", *[path for _, path in room.operations if "{" not in path]]
    server = Server(room.folder, folder, LOG_PROCESS, PROCESSES, 8)

    def ask(number: int) -> int:
        with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=30)) as connection:
            connection.request("GET", paths[number % len(paths)])
            return connection.getresponse().status

    def all_have_answered() -> bool:
        failures = [status for status in at_once(CLIENTS, ask) if status >= FAILURE]
        assert not failures, f"answered {failures}"
        return len({*ANSWERED.findall(server.log.read_text("utf-8"))}) == PROCESSES

    said = ""
    try:
        wait_until(all_have_answered, 60, f"answers of {PROCESSES} processes")
    except (AssertionError, OSError, HTTPException) as error:
        said = f"{error}\n"
    finally:
        server.stop()
    return said and said + ANSWERED.sub("", server.log.read_text("utf-8"))


def test_trouble_at_the_first_start_is_found(toy: Toy, tmp_path: Path) -> None:
    once = "__import__('pathlib').Path(app.instance_path, 'mine').touch(exist_ok=False)"
    toy.change("notes/__init__.py", "return app", f"{once}\n    return app")
    assert "FileExistsError" in trouble(toy, tmp_path)
