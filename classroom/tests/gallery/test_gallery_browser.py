"""The gallery as a person sees it, in a real headless browser."""

import sys
import threading
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from werkzeug.serving import WSGIRequestHandler, make_server

from classroom.gallery.site import create_gallery
from tests.browser import WEAK_TEXT

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

WIDE = """
# Wide

```console
$ curl -s http://127.0.0.1:5000/a-long-address?with=one&and=another&and=one-more&and=the-last-one
```

```mermaid
flowchart LR
    First[The first of the many stations] --> Second[The second one] --> Third[The third one]
    Third --> Fourth[The fourth of the stations] --> Fifth[And the last]
```

| a | b | c | d | e | f |
| --- | --- | --- | --- | --- | --- |
| a_long_name_that_has_no_break | a_long_name | a_long_name | a_long_name | a_long_name | a_name |
"""


class QuietHandler(WSGIRequestHandler):
    def log(self, *_arguments):
        """Keep each request out of the test's output."""


@pytest.fixture
def url(root, make_project, forget_projects):  # noqa: ARG001  # it acts by being there
    """Serve a gallery of three projects on loopback and return its address."""
    make_project("wiki", "crud", 1, concepts=["slugs", "Markdown"])
    make_project("chat", "realtime", 3, concepts=["WebSockets", "slugs"])
    (make_project("cart", "commerce", 5, concepts=["money"]) / "README.md").write_text(WIDE)
    gallery = create_gallery(root)
    server = make_server("127.0.0.1", 0, gallery, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = False  # its end waits for the answers that are still being given
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    gallery.close()
    for slug in ("wiki", "chat", "cart"):
        for name in [name for name in sys.modules if name.partition(".")[0] == slug]:
            del sys.modules[name]


@pytest.fixture
def complaints():
    """Collect what the browser complains about; a test that provokes it clears the list."""
    found = []
    yield found
    assert not found, "\n".join(found)


@pytest.fixture
def open_page(browser, url, complaints):
    """Open a page of the gallery: ``open_page("/", viewport=PHONE)``."""
    contexts = []

    def note_request(request):
        if urlsplit(request.url).hostname not in {"127.0.0.1", "localhost"}:
            complaints.append(f"request to {request.url}")

    def note_console(message):
        if message.type in {"error", "warning"}:
            complaints.append(f"console: {message.text}")

    def open_it(path, viewport=DESKTOP, **options):
        context = browser.new_context(base_url=url, viewport=viewport, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("request", note_request)
        page.on("console", note_console)  # broken content security policies among them
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.goto(path)
        return page

    yield open_it
    for context in contexts:
        context.close()


def shown(page):
    """Return the titles of the cards that can be seen, without those that are only planned."""
    return page.locator(".card:not(.planned) h3:visible").all_inner_texts()


def test_search_narrows_the_list_to_what_has_all_words(open_page):
    page = open_page("/")

    page.get_by_role("searchbox").fill("SLUGS real")

    assert shown(page) == ["Chat"]
    expect(page.locator("output")).to_have_text("1 of 45 ideas")
    expect(page.get_by_role("heading", name="CRUD")).to_be_hidden()


def test_planned_ideas_are_found_too(open_page):
    page = open_page("/")

    page.get_by_role("searchbox").fill("bayes fair average")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.get_by_role("searchbox").fill("fair average")

    assert page.locator(".planned h3:visible").all_inner_texts() == ["Recommendations\nplanned"]


def test_level_filter_shows_that_level_alone(open_page):
    page = open_page("/")

    page.get_by_role("radio", name="Level 3").check(force=True)

    assert shown(page) == ["Chat"]
    expect(page.locator("output")).to_have_text("1 of 45 ideas")


def test_concept_filter_combines_with_the_level(open_page):
    page = open_page("/")

    page.get_by_role("combobox", name="Concept").select_option("slugs")
    assert shown(page) == ["Wiki", "Chat"]
    page.get_by_role("radio", name="Level 1").check(force=True)

    assert shown(page) == ["Wiki"]


def test_built_only_hides_what_is_planned(open_page):
    page = open_page("/")

    page.get_by_role("checkbox", name="Built only").check()

    assert page.locator(".card:visible").count() == 3


def test_a_concept_of_a_card_filters_by_it(open_page):
    page = open_page("/")

    page.get_by_role("link", name="slugs").first.click()

    page.wait_for_url("**/?concept=slugs")
    expect(page.get_by_role("heading", name="Cart")).to_be_hidden()
    assert shown(page) == ["Wiki", "Chat"]


def test_a_filter_is_kept_over_a_reload_and_the_way_back(open_page):
    page = open_page("/")
    page.get_by_role("searchbox").fill("chat")
    page.get_by_role("checkbox", name="Built only").check()

    page.reload()
    assert shown(page) == ["Chat"]
    page.get_by_role("link", name="Chat").click()
    page.go_back()

    assert shown(page) == ["Chat"]
    expect(page.get_by_role("searchbox")).to_have_value("chat")


def test_an_address_with_unknown_filters_shows_everything(open_page):
    page = open_page("/?level=9&concept=nothing")

    assert shown(page) == ["Wiki", "Chat", "Cart"]


def test_nothing_found_offers_the_way_back(open_page):
    page = open_page("/?q=zzz")

    page.get_by_role("button", name="Show all ideas").click()

    expect(page.locator("output")).to_have_text("45 of 45 ideas")


def test_an_idea_is_found_and_opened_by_keyboard_alone(open_page):
    page = open_page("/")

    page.keyboard.press("/")
    page.keyboard.type("chat")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/ideas/chat/")


def test_arrow_keys_move_between_cards_and_back_to_the_search(open_page):
    page = open_page("/?built=1")
    focused = page.locator(":focus")

    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_text("Wiki")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_text("Chat")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_text("Cart")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_text("Wiki")
    page.keyboard.press("ArrowUp")

    expect(focused).to_have_attribute("name", "q")


def test_escape_clears_the_filters(open_page):
    page = open_page("/?q=chat&level=3")

    page.keyboard.press("/")
    page.keyboard.press("Escape")

    assert shown(page) == ["Wiki", "Chat", "Cart"]
    assert page.url.endswith("/")


def test_the_first_tab_stop_skips_to_the_ideas(open_page):
    page = open_page("/")

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator(":focus")).to_have_text("Wiki")


def test_the_focus_is_seen_on_all_that_takes_it(open_page):
    page = open_page("/?built=1")
    outline = """() => {
        const of = (element, part) => getComputedStyle(element, part).outlineStyle;
        const next = document.activeElement.nextElementSibling ?? document.activeElement;
        return [of(document.activeElement), of(document.activeElement, '::after'), of(next)];
    }"""
    for _ in range(12):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.outerHTML")
        assert "solid" in page.evaluate(outline), f"no outline on {name}"


def test_an_app_starts_when_its_page_is_first_visited(open_page):
    page = open_page("/")
    assert "wiki" not in sys.modules

    page.get_by_role("link", name="Wiki").click()

    expect(page.frame_locator("iframe").locator("#root")).to_have_text("/apps/wiki")
    expect(page.get_by_role("status")).to_be_hidden()
    expect(page.get_by_role("heading", name="Try it")).to_be_visible()


def test_the_frame_tells_which_page_of_the_app_it_shows(open_page):
    page = open_page("/ideas/wiki/")
    expect(page.locator(".toolbar code")).to_have_text("/apps/wiki/")

    page.frame(name="app").evaluate("location.href = 'notes'")

    expect(page.locator(".toolbar code")).to_have_text("/apps/wiki/notes")
    page.get_by_role("link", name="Start page").click()
    expect(page.locator(".toolbar code")).to_have_text("/apps/wiki/")


def test_a_link_of_an_app_may_lead_to_another_site_and_back(open_page, url):
    page = open_page("/ideas/wiki/")
    expect(page.locator(".toolbar code")).to_have_text("/apps/wiki/")
    elsewhere = url.replace("127.0.0.1", "localhost")

    page.frame(name="app").evaluate("to => { location.href = to }", f"{elsewhere}/apps/wiki/notes")

    expect(page.frame_locator("iframe").get_by_text("first")).to_be_visible()
    page.get_by_role("link", name="Start page").click()
    expect(page.frame_locator("iframe").locator("#root")).to_have_text("/apps/wiki")


def test_an_app_that_does_not_start_says_why_in_its_frame(open_page, complaints, root):
    (root / "projects/realtime/chat/chat/__init__.py").write_text("raise RuntimeError('no')")

    page = open_page("/ideas/chat/")

    expect(page.frame_locator("iframe").get_by_text("RuntimeError: no")).to_be_visible()
    expect(page.get_by_role("heading", name="Try it")).to_be_visible()
    assert complaints.pop().endswith("500 (INTERNAL SERVER ERROR)")


@pytest.mark.parametrize("path", ["/", "/ideas/cart/", "/ideas/wiki/", "/nothing"])
def test_a_phone_never_scrolls_sideways(open_page, complaints, path):
    page = open_page(path, viewport=PHONE, is_mobile=True, has_touch=True)
    page.wait_for_load_state("networkidle")
    if path == "/nothing":
        complaints.clear()

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_on_a_phone_the_app_is_one_tap_away(open_page):
    page = open_page("/ideas/wiki/", viewport=PHONE, is_mobile=True, has_touch=True)

    page.get_by_role("link", name="Try", exact=True).tap()

    expect(page.locator("iframe")).to_be_in_viewport(ratio=0.8)


@pytest.mark.parametrize("path", ["/", "/ideas/wiki/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_light_and_dark(open_page, path, scheme):
    page = open_page(path, color_scheme=scheme)

    assert page.evaluate(WEAK_TEXT) == []


def test_without_scripts_the_page_is_a_plain_list(open_page):
    page = open_page("/?q=chat", java_script_enabled=False)

    assert page.locator(".card:visible").count() == 45
    expect(page.get_by_role("search")).to_be_hidden()


def test_without_scripts_the_app_is_there_too(open_page):
    page = open_page("/ideas/wiki/", java_script_enabled=False)

    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Notes")
