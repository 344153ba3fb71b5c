"""The reports as people see them, in a real headless browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from classroom.grading.reports import write_reports
from classroom.grading.results import Grades, Outcome, State, Submission, TestResult
from classroom.ideas import Idea, Story, Visibility
from tests.browser import WEAK_TEXT

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

SETS_TITLE = "document.title='evil'"
EVIL = f'</pre></style><script>{SETS_TITLE}</script><img src=x onerror="{SETS_TITLE}">'
IDS = (
    "save",
    "find",
    "change",
    "one-ingredient",
    "diets",
    "pantry",
    "kitchen",
    "scale",
    "late",
    "x",
)
STORIES = tuple(Story(it, f"It can {it}.", 10, Visibility.VISIBLE) for it in IDS)
IDEA = Idea("notes", "Notes", "Notes.", "crud", 1, 20, (), (), STORIES, (), Path("notes"))
EXPECTED = {f"test_{it.replace('-', '_')}_{n}": it for it in IDS for n in range(7)}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A class in which one student sends what could hurt."""
    failed = [
        TestResult(
            name,
            story,
            Outcome.FAILED,
            0.1,
            (f"The application raised:\n{EVIL}", f"→ GET /{EVIL}\n← 500 {EVIL}\n  {'long' * 300}"),
            f"{EVIL}\nassert 1 == 2\n +  where 1 = f()",
        )
        for name, story in EXPECTED.items()
    ]
    passed = [TestResult(name, story, Outcome.PASSED, 0.1) for name, story in EXPECTED.items()]
    submissions = [
        Submission("evil", "a" * 64, State.GRADED, tuple(failed), "", (EVIL,), 9.0, name=EVIL),
        Submission("good", "b" * 64, State.GRADED, tuple(passed), seconds=1.0, name="A good one"),
        Submission("bad", "c" * 64, State.UNGRADABLE, (), EVIL * 3, sandboxed=False),
        Submission("sad", "d" * 64, State.GRADER_ERROR, (), "no space left"),
    ]
    folder = tmp_path_factory.mktemp("reports")
    write_reports(Grades(IDEA, tuple(submissions), EXPECTED), folder)
    return folder


@pytest.fixture
def visit(browser, out):
    """Open reports; fail if anything in one ran, was loaded, or was refused."""
    said = []
    page = browser.new_page(viewport=DESKTOP)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.extend([request.url] * is_foreign(request)))

    def visit(name):
        page.goto((out / name).as_uri())
        return page

    yield visit
    page.close()
    assert not said


def is_foreign(request):
    """Tell a request for anything but a page."""
    return request.resource_type != "document" or not request.url.startswith("file:")


PAGES = ["class.html", *(f"students/{name}.html" for name in ("evil", "good", "bad", "sad"))]


def test_nothing_of_a_student_runs_or_loads(visit):
    for name in PAGES:
        page = visit(name)
        assert page.title() != "evil", name
        assert page.locator("script, img").count() == 0, name


def test_style_passes_the_policy(visit):
    page = visit("class.html")

    assert page.locator(".card").first.evaluate("it => getComputedStyle(it).borderRadius") == "12px"


def test_page_is_no_wider_than_a_phone(visit):
    for name in PAGES:
        page = visit(name)
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(visit, scheme):
    for name in PAGES:
        page = visit(name)
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(WEAK_TEXT) == [], name


def test_first_failure_of_a_story_is_open_and_the_others_open_on_a_click(visit):
    page = visit("students/evil.html")
    tests = page.locator(".story").first.locator(".test")

    expect(tests.nth(0).get_by_text("Came back")).to_be_visible()
    expect(tests.nth(1).get_by_text("Came back")).to_be_hidden()
    tests.nth(1).locator("summary").first.press("Enter")
    expect(tests.nth(1).get_by_text("Came back")).to_be_visible()


def test_paper_has_what_the_screen_folds_away(visit):
    page = visit("students/evil.html")
    page.emulate_media(media="print")

    expect(page.locator(".test").nth(1).get_by_text("Came back")).to_be_visible()
    heights = page.locator(".test > dl").evaluate_all("all => all.map(it => it.offsetHeight)")
    assert min(heights) > 50


def test_teacher_goes_from_the_class_to_a_student(visit):
    page = visit("class.html")

    page.get_by_role("rowheader", name="A good one").get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("A good one")
    expect(page.locator(".score")).to_have_text("100 of 100")
