"""No list becomes slow: with 100,000 rows it takes at most three times as long as with 2,500.

Tried are the first page of every list and what a project names in ``LISTS`` of its
``tests/growth.py``, such as ``/recipes?diet=vegan``. Compared is processor time, so that a busy
machine is no failure, and nothing depends on how fast the machine is.

To make up 100,000 rows takes most of the time. So fewer are made up, and what they cost is carried
on in a straight line: a scan grows like that. The session ``contract`` makes up all of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

from common.testing.backend import InProcess
from tests.conftest import THOROUGH, Toy
from tests.house import Room, growth, rooms
from tests.login import UserClient, login

FEW, MANY, ALL = 2_500, 50_000, 100_000
MOST = 3.0  # times as long
ROUNDS = 10
MOST_ROUNDS = 150  # until it is clear that nothing but the request takes so long


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_lists_do_not_slow_down(room: Room) -> None:
    many = ALL if settings.get_current_profile_name() == THOROUGH else MANY
    found = [*slow_lists(room, FEW, many)]
    assert not found, "\n".join(found)


def slow_lists(room: Room, few: int, many: int) -> Iterator[str]:
    """Yield the lists that take longer than they may, or cannot be compared."""
    with room.running() as small, room.running() as large:
        for backend, rows in ((small, few), (large, many)):
            fill(room, backend, rows)
        lists = plain_lists(room)
        totals = [length(large, path) for path in lists]
        # Not all rows need be one user's.
        least = many // 2 if lists and login(large) else many
        if lists and max(totals) < least:
            yield f"{room}: 'python tests/growth.py {many}' gives no list {least} items."
        for path in lists + growth.lists(room):
            part = (many - few) / (ALL - few)
            good = 1 + (MOST - 1) * part
            measured = slowdown(small, large, path, headers(room), good)
            times = 1 + (measured - 1) / part
            if times > MOST:
                yield (
                    f"{room}: GET {path} takes {times:.1f} times as long with {ALL} rows as with "
                    f"{few}, measured with {many}; {MOST:g} is the most. Is there an index for it?"
                )


def plain_lists(room: Room) -> list[str]:
    """Return the paths of the lists that come in pages and need no parameter."""
    found = []
    for (method, path), operation in room.operations.items():
        headers = operation["responses"].get("200", {}).get("headers", {})
        required = any(parameter["required"] for parameter in operation["parameters"])
        if method == "GET" and "X-Total-Count" in headers and not required:
            found.append(path)
    return found


def fill(room: Room, backend: InProcess, rows: int) -> None:
    """Add made-up rows to the data of an application, as a maintainer does."""
    done = subprocess.run(
        [sys.executable, growth.FILE, str(rows)],
        cwd=room.folder,
        env={**os.environ, "INSTANCE_PATH": str(backend.folder), **backend.settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"python {growth.FILE} {rows}: {done.stdout}{done.stderr}"


def headers(room: Room) -> dict[str, str]:
    """Return what the project wants to be sent besides: a token of its made-up rows."""
    found: dict[str, str] = growth.literal(room, "HEADERS") or {}
    return found


def length(backend: InProcess, path: str) -> int:
    """Return how long a list is."""
    return int(UserClient(backend).get(path).headers["X-Total-Count"])


def slowdown(
    small: InProcess, large: InProcess, path: str, headers: dict[str, str], good: float
) -> float:
    """Return how many times as long a request takes on the large data as on the small ones.

    Of many measurements the shortest counts: only what disturbs makes one longer. There are more of
    them as long as the result is not ``good``.
    """
    clients = [UserClient(small), UserClient(large)]
    for client in clients:
        client.headers |= headers
    shortest = [float("inf"), float("inf")]
    for number in range(MOST_ROUNDS):
        for which, client in enumerate(clients):
            begin = time.process_time()
            response = client.get(path)
            taken = time.process_time() - begin
            assert response.status_code == 200, f"GET {path}: {response.text}"
            if number:  # the first request reads from disk and compiles statements
                shortest[which] = min(shortest[which], taken)
        if number >= ROUNDS and shortest[1] <= good * shortest[0]:
            break
    return shortest[1] / shortest[0]


# --- the check notices what is wrong


def test_list_without_an_index_is_found(toy: Toy) -> None:
    toy.change("notes/routes.py", "Note.color == query.color", "Note.color.icontains(query.color)")
    [found] = slow_lists(toy, FEW, MANY)
    assert "GET /notes?color=green takes" in found


def test_rows_that_are_too_few_are_found(toy: Toy) -> None:
    toy.change("tests/growth.py", "range(number)", "range(3)")
    found = next(slow_lists(toy, 10, 100))
    assert "gives no list 100 items" in found


def test_lists_are_those_that_come_in_pages(toy: Toy) -> None:
    assert plain_lists(toy) == ["/notes"]
    assert growth.lists(toy) == ["/notes?color=green"]


def test_rows_that_cannot_be_added_are_found(toy: Toy) -> None:
    toy.change("tests/growth.py", "db.session.commit()", "raise SystemExit('no room')")

    with pytest.raises(AssertionError, match=r"growth.py 10: no room"):
        next(slow_lists(toy, 10, 100))


def test_headers_are_sent(toy: Toy) -> None:
    toy.change("tests/growth.py", "LISTS", 'HEADERS = {"X-Color": "green"}\nLISTS')
    toy.change("notes/routes.py", "query.color:", 'query.color and request.headers["X-Color"]:')
    toy.change("notes/routes.py", "import Blueprint", "import Blueprint, request")

    assert [*slow_lists(toy, FEW, MANY)] == []


@pytest.mark.parametrize("number", ["0", "-1", "many", str(10**8)])
def test_number_of_rows_that_is_none_is_refused(toy: Toy, number: str) -> None:
    command = [sys.executable, growth.FILE, number]

    done = subprocess.run(command, cwd=toy.folder, capture_output=True, text=True, check=False)

    assert (done.returncode, "growth.py: error: " in done.stderr) == (2, True), done
