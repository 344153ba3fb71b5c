"""The pages of the projects as people see them, in a real browser."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    Route,
    expect,
)

from tests.browser import PATIENCE, WEAK_TEXT, Port, browser, served
from tests.conftest import Toy
from tests.house import Room, rooms
from tests.login import ANA

__all__ = ["browser"]

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# With a limit: a page that need not be drawn may never be told that there is nothing to do.
IDLE = "new Promise(done => requestIdleCallback(done, { timeout: 1000 }))"
FAILED = "Failed to load resource"  # how the console says what a response says better
LONG = {"eventsource", "websocket"}  # requests that are never over


# --- every project's page; that of the docs is the same for all


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_pages_are_without_a_flaw(room: Room, browser: Browser) -> None:
    found = [*flaws(room, browser)]
    assert not found, "\n".join(found)


def test_docs_are_without_a_flaw(toy: Toy, browser: Browser) -> None:
    found = [*flaws(toy, browser, "/docs")]
    assert not found, "\n".join(found)


def test_docs_follow_the_dark_and_lead_back(toy: Toy, browser: Browser) -> None:
    with toy.running() as backend, served(backend) as port:
        page = browser.new_page(base_url=port.url, color_scheme="dark")
        page.goto("/docs")
        expect(page.locator("main")).to_have_count(1)
        weak = page.evaluate(WEAK_TEXT)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("link", name="← Notes").click()
        page.wait_for_url("/")
        page.close()

    assert weak == []
    assert background == "rgb(28, 32, 34)"


def flaws(room: Room, browser: Browser, path: str = "/") -> Iterator[str]:
    """Yield what is wrong with a page of a project, for a guest and, after a login, for ana."""
    with room.running() as backend:
        seeded = backend.run("seed")
        assert seeded.exit_code == 0, seeded.output
        with served(backend) as port:
            options = {"base_url": port.url, "viewport": PHONE, "reduced_motion": "reduce"}
            guest, ana = browser.new_context(**options), browser.new_context(**options)
            visits = [Visit(guest, port.url, path)]
            if ("POST", "/login") in room.operations:
                log_in(ana, port.url)
                visits.append(Visit(ana, port.url, path, who="ana"))
            for visit in visits:
                visit.finish()
                yield from (f"{room}: {visit}: {flaw}" for flaw in visit.found)
            guest.close()
            ana.close()


def log_in(context: BrowserContext, url: str) -> None:
    """Log ana in by cookie: she is in the demo data."""
    headers = {"Origin": url}
    if (answer := context.request.get("/csrf")).ok:
        headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    answer = context.request.post("/login", data=ANA, headers=headers)
    assert answer.ok, f"ana cannot log in: {answer.status} {answer.text()}"


class Visit:
    """One page on a phone, and what is wrong with it until all has come that it asks for."""

    def __init__(self, context: BrowserContext, url: str, path: str, who: str = "a guest") -> None:
        self.page, self.url, self.path, self.who = context.new_page(), url, path, who
        self.found: list[str] = []
        self.waiting: set[Request] = set()
        self.page.on("request", self.note_request)
        self.page.on("response", self.note_response)
        self.page.on("requestfinished", self.note_end)
        self.page.on("requestfailed", self.note_failure)
        self.page.on("console", self.note_console)
        self.page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        self.page.goto(path, wait_until="commit")

    def __str__(self) -> str:
        return f"GET {self.path} for {self.who}"

    def finish(self) -> None:
        """Wait until the page is complete, look at it, and close it."""
        self.page.wait_for_load_state()
        quiet, end = 0, time.monotonic() + PATIENCE / 1000
        while quiet < 3 and time.monotonic() < end:  # a script may go on with the next request
            self.page.wait_for_timeout(20)
            quiet = 0 if self.waiting else quiet + 1
        self.found += [f"{request.url} gets no answer" for request in self.waiting]
        self.page.evaluate(IDLE)
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            width = self.page.evaluate("document.documentElement.scrollWidth")
            if width > PHONE["width"]:
                self.found.append(f"is {width} px wide on a phone, {scheme}")
            # Swagger UI has its own colours.
            weak = [] if self.path == "/docs" else self.page.evaluate(WEAK_TEXT)
            self.found += [f"can hardly be read, {scheme}: {text}" for text in weak]
        self.page.close()

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.found.append(f"asks for {request.url}")
        if request.resource_type not in LONG:
            self.waiting.add(request)

    def note_response(self, response: Response) -> None:
        is_asked_to_log_in = self.who == "a guest" and response.status == HTTPStatus.UNAUTHORIZED
        if response.status >= HTTPStatus.BAD_REQUEST and not is_asked_to_log_in:
            self.found.append(f"{response.url} is answered {response.status}")

    def note_end(self, request: Request) -> None:
        self.waiting.discard(request)

    def note_failure(self, request: Request) -> None:
        self.note_end(request)
        if request.resource_type not in LONG:
            self.found.append(f"{request.url}: {request.failure}")

    def note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(FAILED):
            self.found.append(f"console: {message.text}")


# --- the checks notice what is wrong

PAGE = """

@bp.get("/")
@endpoint(responses={{200: Produces("The page", "text/html")}}, any_query=True)
def index() -> Response:
    \"\"\"Show a page.\"\"\"
    return Response({page!r})
"""


@pytest.mark.parametrize(
    ("page", "flaw"),
    [
        ("<p style='color: red'>styled past the policy", "console: "),
        ("<script src='/common/docs/nothing.js'></script>", "nothing.js is answered 404"),
        ("<img src='https://elsewhere.example/pixel.png'>", "https://elsewhere.example"),
        ("<script type=module src='/common/docs.js'></script>", "script: "),
        (f"<p>{'wide' * 200}", "px wide on a phone, dark"),
        ("<font color='#eeeeee'>faint", "can hardly be read, light: "),
    ],
)
def test_flaw_is_found(toy: Toy, browser: Browser, page: str, flaw: str) -> None:
    toy.change("notes/__init__.py", "    app.register_blueprint(pages.landing)\n", "")
    routes = toy.text("notes/routes.py")
    imports = "from flask import Response\nfrom common.api import Produces\n"
    toy.change("notes/routes.py", routes, imports + routes + PAGE.format(page=page))
    found = [*flaws(toy, browser)]
    assert any(flaw in it for it in found), found


# --- the chat, for two

Enter = Callable[..., tuple[Page, Port]]


@pytest.fixture
def chat(browser: Browser) -> Iterator[Enter]:
    """A chat with its demo data: ``page, port = chat("ana")`` logs in, by a port of her own."""
    room = next(room for room in rooms() if room.slug == "chat")
    errors: list[str] = []

    with room.running() as backend, ExitStack() as stack:

        def enter(name: str, size: dict[str, int] = DESKTOP) -> tuple[Page, Port]:
            port = stack.enter_context(served(backend))
            context = stack.enter_context(browser.new_context(base_url=port.url, viewport=size))
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto("/")
            page.locator("#login").get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(ANA["password"])
            page.get_by_role("button", name="Log in").click()
            expect(page.locator("#link")).to_have_text("online")
            return page, port

        backend.run("seed")
        yield enter
    assert errors == []


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")


def test_two_people_chat_over_a_link_that_breaks(chat: Enter) -> None:
    (ana, _), (ben, bens_port) = chat("ana"), chat("ben")
    ana.get_by_text("New room").click()
    ana.locator("#make").get_by_label("Name").fill("Cellar <b>")
    ana.get_by_role("button", name="Make it").click()
    ana.get_by_label("Whom to let in").fill("ben")
    ana.get_by_role("button", name="Let in").click()
    expect(ana.locator("#members .online")).to_have_text(["ana", "ben"])

    ben.get_by_role("button", name="Cellar <b>").click()
    expect(ben.locator("#members .online")).to_have_text(["ana", "ben"])
    said = ["Is <i>anybody</i> hungry?", "Me!"]
    say(ana, said[0])
    expect(ben.locator("#messages p")).to_have_text(said[:1])
    say(ben, said[1])
    expect(ana.locator("#messages p")).to_have_text(said)
    for page in (ana, ben):
        expect(page.locator("#messages .mine small")).to_contain_text(["read"])

    bens_port.cut()
    expect(ana.locator("#members .online")).to_have_text(["ana"])
    expect(ben.locator("#link")).not_to_have_text("online")
    say(ana, "Soup?")
    expect(ana.locator("#messages .pending")).to_have_count(0)
    say(ben, "With bread!")
    expect(ben.locator("#messages .pending")).to_have_count(1)
    with ben.expect_response("**/rooms?*"):
        bens_port.mend()

    said += ["Soup?", "With bread!"]
    for page in (ana, ben):
        expect(page.locator("#messages p")).to_have_text(said)
        expect(page.locator("#messages .pending")).to_have_count(0)
    say(ana, "I bring the salt.")
    for page in (ana, ben):  # what came live after the break, too
        expect(page.locator("#messages .mine small").last).to_contain_text("read")


def test_message_too_long_for_a_frame_stays_in_the_field(chat: Enter) -> None:
    page, _ = chat("ana")
    page.get_by_role("button", name="Kitchen").click()
    say(page, "字" * 2000)
    expect(page.get_by_role("alert").filter(has_text="too long")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).not_to_be_empty()
    say(page, "在这里")
    expect(page.locator("#messages .mine").last).to_contain_text("在这里")
    expect(page.locator("#messages .pending")).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_comes_late_moves_neither_buttons_nor_the_focus(
    chat: Enter, size: dict[str, int]
) -> None:
    page, _ = chat("ana", size)
    buttons = page.locator("#open button:visible, #open input:visible")
    held: list[Route] = []
    page.route("**/members?*", lambda *call: held.append(call[0]))
    page.get_by_role("button", name="Kitchen").click()
    expect(page.locator("#messages li")).to_have_count(5)
    page.get_by_label("Whom to let in").focus()
    before = [button.bounding_box() for button in buttons.all()]
    for route in held:
        route.continue_()
    expect(page.locator("#members li")).to_have_count(4)

    assert [button.bounding_box() for button in buttons.all()] == before
    expect(page.get_by_label("Whom to let in")).to_be_focused()


def test_room_that_is_pointed_at_stays_in_its_place(chat: Enter) -> None:
    (ana, _), (ben, _) = chat("ana"), chat("ben")
    names = ana.locator("#rooms button")
    expect(names).to_have_text(["@ ben", "◇ Chloe's birthday", "# Kitchen", "# Bike repair"])
    ana.get_by_role("button", name="birthday").hover()
    ana.mouse.down()
    ben.get_by_role("button", name="Kitchen").click()
    say(ben, "Who has salt?")
    expect(ana.get_by_role("button", name="Kitchen")).to_have_class("unread")
    ana.mouse.up()

    expect(ana.get_by_role("heading", level=1)).to_have_text("Chloe's birthday")
    ana.mouse.move(600, 300)
    expect(names.first).to_have_text("# Kitchen")
