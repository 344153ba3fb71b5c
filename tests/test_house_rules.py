"""Every project follows the house rules, and every rule notices who does not."""

import pytest

from classroom import catalogue
from tests.conftest import Toy
from tests.house import ROOT, RULES, Room, findings, rooms
from tests.house.markdown import broken_links

ROOMS = rooms()


def test_there_are_projects() -> None:
    assert ROOMS, f"There is no project in {ROOT / 'projects'}; a run without any proves nothing."


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_project_follows_the_rule(room: Room, rule: str) -> None:
    found = [*RULES[rule](room)]
    assert not found, f"{room.folder.relative_to(ROOT)}:\n" + "\n".join(found)


def test_links_of_the_repository_lead_somewhere() -> None:
    files = [ROOT / "README.md", *ROOT.glob("[!.]*/README.md"), ROOT / "CONTRIBUTING.md"]
    assert [finding for file in files for finding in broken_links(file, ROOT)] == []


def test_catalogue_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    code = catalogue.main(["--check"])
    assert code == 0, capsys.readouterr().err


def test_right_project_has_no_findings(toy: Toy) -> None:
    assert findings(toy) == []


README, IDEA, ENV = "README.md", "idea.toml", ".env.example"
SCHEMAS, ROUTES, STORIES = "notes/schemas.py", "notes/routes.py", "tests/test_stories.py"
UNIT, GROWTH = "tests/test_titles.py", "tests/growth.py"
SETTINGS, TITLES = "notes/settings.py", "notes/titles.py"
SCRIPT, TEMPLATE = "notes/static/a/page.js", "notes/templates/page.html"
BOTH = "where((Note.color == query.color) & (Note.id > 1))"
WEB_SOCKET = """    from werkzeug.routing import Rule

    app.url_map.add(Rule("/rooms/<string:name>", endpoint="rooms", websocket=True))
    app.view_functions["rooms"] = print
    return app"""
# For each rule: the file to change, what to replace in it (None: all of it) by what (None: delete
# the file), and what the rule must say then.
WRONG: dict[str, list[tuple[str, str | None, str | None, str]]] = {
    "every_room_has_the_same_files": [
        ("wsgi.py", None, None, "wsgi.py is missing"),
        ("notes/seed.py", None, None, "notes/seed.py is missing"),
    ],
    "every_lesson_has_unit_tests": [
        (UNIT, None, None, "test_titles.py is missing"),
    ],
    "idea_toml_is_right": [
        (IDEA, "level = 1", "level = 9", "level: 9 is greater"),
        (IDEA, "points = 40", "points = 50", "add up to 110"),
        (IDEA, 'slug = "notes"', 'slug = "memos"', "folder is called 'notes'"),
        (IDEA, '"crud"', '"auth"', "folder is in 'crud'"),
        (IDEA, "level = 1", "level =", "Invalid value"),
    ],
    "requirements_begin_with_common": [
        ("requirements.txt", "-e ../../../", "", "begins with 'common'"),
        ("requirements.txt", None, "", "begins with ''"),
        ("requirements.txt", None, "-e ../../../common\n-r x\n", "'-r x' is no requirement"),
    ],
    "application_is_made_by_create_app": [
        ("notes/__init__.py", "create_app", "make", "def create_app"),
        ("notes/__init__.py", " = None", "", "__init__.py: needs 'def create_app"),
        ("wsgi.py", "create_app()", "create_app({})", "only import"),
    ],
    "names_are_free": [
        ("notes/calendar.py", None, "", "hides the module calendar"),
        ("notes/redis/__init__.py", None, "", "hides the module redis"),
        ("common.py", None, "", "hides the module common"),
    ],
    "nothing_else_lies_about": [
        ("draft.txt", None, "", "draft.txt: belongs into notes/"),
    ],
    "only_plain_names": [
        ("notes/a b.txt", None, "", "notes/a b.txt: use letters"),
    ],
    "project_is_small": [
        ("notes/many.py", None, "x = 1\n" * 700, "tokens of code besides seed.py; 2,000 are"),
        ("notes/more/many.py", None, "x = 1\n" * 700, "(notes/more/many.py 2100, notes/"),
    ],
    "lines_are_plain": [
        ("notes/dense.py", None, "x = 1, 2, 3, 4, 5, 6, 7, 8\n" * 90, "tokens a line on average"),
    ],
    "stubs_are_functions": [
        ("notes/titles.py", "def title_of", "def title", "no function title_of"),
        (IDEA, "titles.title_of", "names.title_of", "in notes/names.py"),
        ("notes/titles.py", "length: int", "length", "annotation for length"),
        ("notes/titles.py", " -> str", "", "of what it returns"),
        ("notes/titles.py", '"""Return', 'f"""Return', "needs a docstring"),
    ],
    "types_come_from_the_api": [
        (ROUTES, "import paginate", "import Page, paginate", "import Page from common.api"),
        (SCHEMAS, "from common.api import", "from common.fields import", "import Line from"),
    ],
    "conditions_are_listed": [
        (ROUTES, "where(Note.color == query.color)", BOTH, "write where(a, b)"),
    ],
    "tests_are_written_alike": [
        (UNIT, "test_long_first", "test_the_long_first", "leave out the articles"),
        (UNIT, "is_cut()", "is_cut() -> None", "is_cut: tests have no"),
        (STORIES, "(client, add)", "(client: object, add)", "tests have no annotations"),
        (UNIT, "    assert", "    answer = 1\n    assert", "call it response"),
    ],
    "blueprint_is_named_like_the_project": [
        (ROUTES, 'Blueprint("notes"', 'Blueprint("api"', "like the project: 'notes'"),
    ],
    "models_are_named_by_their_use": [
        (ROUTES, "body: NoteIn", "body: NoteOut", "/notes: NoteOut is a view's body; call"),
        (ROUTES, "body: NotePatch", "body: NoteIn", "ends with Patch"),
        (ROUTES, "query: NoteQuery", "query: NoteIn", "ends with Query"),
        (ROUTES, "Created[NoteOut]", "Created[NotePatch]", "NotePatch is a view's return"),
        (ROUTES, "Page[NoteOut]", "list[NoteIn]", "NoteIn is a view's return"),
    ],
    "helpers_of_routes_are_named_plainly": [
        (ROUTES, "write_note", "_write_note", "call _write_note write_note"),
    ],
    "finders_are_called_find": [
        (ROUTES, "find_note", "stored_note", "stored_note answers 404"),
        (ROUTES, "def write_note", "def a():\n    db.get_or_404(Note, 1)\n\n\ndef b", "a answers"),
    ],
    "only_routes_commands_and_jobs_commit": [
        (TITLES, "words = text", "db.session.commit()\n    words = text", "title_of commits"),
        ("notes/x.py", None, "class A:\n    def b(self):\n        db.commit()\n", "b commits"),
    ],
    "lessons_import_no_flask": [
        (
            TITLES,
            "def title_of",
            "from flask import g\n\n\ndef title_of",
            "titles.py: imports flask",
        ),
        ("notes/models.py", "from sqlalchemy ", "import flask_login\nfrom sqlalchemy ", "flask_l"),
        (SCHEMAS, "from pydantic", "import flask\nfrom pydantic", "schemas.py: imports flask"),
    ],
    "checks_have_names": [
        ("notes/models.py", ', name="color"', "", "CheckConstraint needs name="),
    ],
    "changes_lock_their_rows": [
        (ROUTES, ", lock=True", "", "change_note changes a row that it has not locked"),
    ],
    "environment_is_read_in_settings_alone": [
        (
            "notes/titles.py",
            None,
            'import os\nos.environ["X"]\n',
            "notes/titles.py: reads os.environ",
        ),
        ("wsgi.py", None, "from os import getenv as get\n", "wsgi.py: reads os.getenv"),
    ],
    "imports_are_required": [
        (ROUTES, "from flask", "import redis\nfrom flask", "imports redis"),
        (ROUTES, "from flask", "import abc_xyz\nfrom flask", "imports abc_xyz"),
    ],
    "every_setting_is_explained": [
        (SETTINGS, 'description="Characters of a title.",', "", "title_length needs"),
    ],
    "generated_parts_are_fresh": [
        (ENV, "# Copy", "# Take", ".env.example: is stale from line 1 on"),
        (ENV, "# Characters of a title.", "# Letters.", ".env.example: is stale from line 25 on"),
        (SETTINGS, "        20,", "        30,", ".env.example: is stale from line 26 on"),
        (README, "is added is in the list", "is", "README.md: is stale from line 7 on"),
        (README, "- A note is", "More.\n\n- A note is", "README.md: is stale from line 8 on"),
        (IDEA, "A note is called", "It is called", "README.md: is stale from line"),
    ],
    "example_values_are_valid": [
        (ENV, "=20", "=2000", "TITLE_LENGTH: Input should be less"),
        (ENV, "DATABASE_URL=", "# DATABASE_URL=x:y", "DATABASE_URL: "),
    ],
    "every_story_has_a_test": [
        (STORIES, 'story("title")', 'story("add")', "'title' of idea.toml"),
    ],
    "every_story_test_has_a_story": [
        (STORIES, 'story("title")', 'story("x")', "tests 'x', which"),
        (STORIES, '@pytest.mark.story("add")\n', "", "has 0 stories"),
        (STORIES, 'story("add")', "story(ADD)", "tests '?'"),
        (
            "tests/test_titles.py",
            "def test",
            '@pytest.mark.story("title")\ndef test',
            "tests/test_titles.py: story tests stand in",
        ),
    ],
    "story_tests_stay_outside": [
        (STORIES, "import pytest", "import notes.models", "imports notes"),
        (STORIES, "import pytest", "from common import db", "imports common"),
        (STORIES, "import pytest", "from . import x", "from beside it"),
        (STORIES, "import pytest", '__import__("x")', "uses __import__"),
    ],
    "story_tests_use_fixtures_of_stories": [
        (STORIES, "(client, add)", "(app, add)", "uses 'app'"),
        (STORIES, "add(client)", "add(live)", "add uses 'live'"),
    ],
    "every_route_is_described": [
        (ROUTES, '@bp.get("/notes")\n@endpoint', '@bp.get("/notes")', "/notes"),
    ],
    "every_operation_is_summed_up": [
        (ROUTES, '"""Add a note."""', "", "POST /notes: its view needs"),
    ],
    "everything_sent_has_a_limit": [
        (
            SCHEMAS,
            "Words = Annotated[Text, Field(max_length=500)]",
            "Words = Text",
            "body.text needs a max_length",
        ),
        (SCHEMAS, "Field(max_length=20)", "Field()", "body.tags[] needs a max"),
        (SCHEMAS, ", max_length=5)", ")", "body.tags needs a max"),
        (SCHEMAS, "ge=0, ", "", "body.priority needs a minimum"),
        (SCHEMAS, ", le=9", "", "body.priority needs a maximum"),
        (SCHEMAS, "list[Tag] = Field([], max_length=5)", "dict[str, Tag] = {}", "tags.* needs"),
        (SCHEMAS, "text: Words\n    color: C", "text: list\n    c: C", "takes anything"),
        (
            SCHEMAS,
            "color: Color | None",
            "color: str | None",
            "query parameter color",
        ),
    ],
    "growth_can_be_tried": [
        (GROWTH, "def rows(", "def fill(", "needs 'def rows"),
        (GROWTH, "growth.main(rows)", "rows(45)", "ends with"),
        (GROWTH, "LISTS = [", "LISTS = [*", "needs LISTS"),
        (GROWTH, "READS_EVERYTHING:", "READS:", "needs READS_EVERYTHING, a plain dict"),
        (GROWTH, '"/notes?color=green"', "", "LISTS is empty"),
        (GROWTH, "/notes?", "/note?", "/note?color=green, which no GET"),
        (GROWTH, "] = {}", '] = {"/notes?page": "x"}', "has /notes?page; write"),
        (GROWTH, "] = {}", '] = {"/notes?color": ""}', "no reason for /notes?color"),
    ],
    "every_filter_stays_fast": [
        (GROWTH, "?color=green", "?page=2", "no path with the filter /notes?color"),
        (GROWTH, "/notes?color=green", "/notes/1?color=green", "the filter /notes?color"),
    ],
    "page_has_the_usual_files": [
        ("notes/static/note.js", None, "", "is called page.js"),
        ("notes/static/note.css", None, "", "note.css: call the style sheet page.css"),
    ],
    "scripts_make_no_markup": [
        (SCRIPT, None, "p.innerHTML = text;\n", "page.js: uses innerHTML"),
        (SCRIPT, None, "p.insertAdjacentHTML('beforeend', text);\n", "uses insertAdjacentHTML"),
        (TEMPLATE, None, "<script>document.write(1)</script>", "uses document.write"),
    ],
    "scripts_import_what_is_served": [
        (SCRIPT, None, 'import { x } from "./b.js";\n', "imports './b.js', and nothing"),
        (SCRIPT, None, 'import {\n  x,\n  y,\n} from "../b.js";\n', "imports '../b.js', and"),
        (SCRIPT, None, "import '../../common/no.js';\n", "'../../common/no.js', and"),
        (SCRIPT, None, 'export * from "../../../common/api.js"\n', "/api.js', and nothing"),
        (SCRIPT, None, 'x = await import("../b.js");\n', "imports '../b.js', and nothing"),
        (SCRIPT, None, 'import { ask } from "/common/api.js";\n', "'../common/…' for common's"),
        (SCRIPT, None, 'import { html } from "lit";\n', "imports 'lit'; write"),
    ],
    "templates_refer_to_what_is_there": [
        (TEMPLATE, None, "{% extends 'common/bass.html' %}", "template 'common/bass.html'"),
        (TEMPLATE, None, "{% include 'parts.html' %}", "template 'parts.html'"),
        (TEMPLATE, None, "{% block x %}", "is no template, see line 1"),
        (TEMPLATE, None, "{{ url_for('static', filename='a.css') }}", "static file 'a.css'"),
        (TEMPLATE, None, "{{ url_for('.static', filename='b.css') }}", "static file 'b.css'"),
        (TEMPLATE, None, "{{ url_for('common.static', filename='a.js') }}", "file 'a.js'"),
    ],
    "readme_is_short": [
        (README, "Accounts.", "Accounts.\n\nAnd" + "\n- more" * 250, "lines; 250 are the most"),
    ],
    "headings_are_those_of_all": [
        (README, "## Try it", "## Try", "Missing: Try it. Not among"),
        (README, "## Your turn", "## In production\n\nx\n", "this order"),
        (README, "Accounts.\n", "", "nothing stands under 'Out of scope'"),
        (README, "## Try it", "## Test it\n\nx\n\n## Try it", "headings are, in this order"),
    ],
    "it_begins_with_title_and_summary": [
        (README, "# Notes", "# Memos", "its title is 'Memos'"),
        (README, "Short notes in", "Notes in", "comes the summary"),
    ],
    "it_lists_the_stories": [
        (README, "- A note that is added", "- A note added", "lacks the story"),
        (README, "- A note that is", "- More.\n- A note that is", "- More."),
        (IDEA, "A note that", "A", "has what is no story of idea.toml"),
    ],
    "links_lead_somewhere": [
        (README, "(notes/titles.py)", "(notes/title.py)", "title.py leads to no file"),
        (README, "(notes/titles.py)", "(../../../..)", "../../../.. leads to no file"),
        (README, "(#what-it-does)", "(#what-it-did)", "leads to no heading"),
        (README, "Accounts.", '<img src="a.png">', "a.png leads to no file"),
    ],
    "named_files_are_there": [
        (README, "Accounts.", "`notes/users.py`", "names notes/users.py"),
    ],
    "endpoints_are_those_of_the_api": [
        (README, "| DELETE |", "| PUT |", "lacks DELETE `/notes/{no"),
        (README, "| DELETE |", "| PUT |", "has PUT /notes/{note_id}"),
        (README, "| POST |", "| GET |", "has GET /notes 2 times"),
        (ROUTES, '.delete("', '.delete("/x', "DELETE `/x/notes/{no"),
        ("notes/__init__.py", "    return app", WEB_SOCKET, "lacks WS `/rooms/{name}`"),
    ],
    "transcripts_can_be_executed": [
        (README, "```console\n$ curl", "```text\n$ curl", "not 'text'"),
        (README, "\n$ curl", "\ncurl", "begins with a command"),
    ],
    "one_diagram_shows_how_it_works": [
        (README, "```mermaid", "```text", "has 0 ```mermaid"),
    ],
    "each_trap_has_a_test": [
        (README, "::test_long_first_word_is_cut", "::test_x", "no such test"),
        (README, "first: `tests/test_stories.py::", "first: `", "name the test"),
        (README, "- The newest", "The newest", "lists 1 mistakes"),
    ],
    "commands_can_be_given": [
        (README, "cd projects/crud/notes", "cd projects/auth/notes", "leads elsewhere"),
        (README, "-r requirements.txt", "-r needed.txt", "do not know, see"),
        (README, "flask seed ", "flask init-db ", "there is no command init-db, only r"),
        (README, "flask run\n", "flask run --prot 80\n", "No such option"),
        (README, "wsgi:app --workers", "notes:app --workers", "starts something else"),
        (README, "-c python:common.gunicorn ", "", "begins with: gunicorn -c python"),
        (README, "--workers 4", "--workers four", "invalid"),
        (README, "--workers 4", "--wonkers 4", "unrecognized arguments"),
        (README, "PROXY_HOPS=1", "PROXIES=1", "sets PROXIES, which nothing reads"),
        (README, "PROXY_HOPS=1", "PROXY_HOPS=x", "PROXY_HOPS: Input should be a valid integer"),
        (README, "=postgresql://", "=mysql://", "DATABASE_URL: Value error, scheme 'mysql'"),
        (README, "flask run\n", "nox -s serve\n", "there is no such session"),
        (README, "flask run\n", "python3 dev.py run memos\n", "python3 dev.py run notes"),
        (README, "flask run\n", "git sparse-checkout set nowhere\n", "there is no nowhere"),
        (README, "flask run\n", "make\n", "`make`: is a command that"),
    ],
    "there_are_three_exercises": [
        (README, "3. Share a note by a link.\n", "", "lists 2 exercises"),
    ],
}


@pytest.mark.parametrize(
    ("rule", "name", "old", "new", "finding"),
    [
        pytest.param(rule, *case, id=f"{rule}-{case[-1]}")
        for rule, cases in WRONG.items()
        for case in cases
    ],
)
def test_rule_finds_what_is_wrong(
    toy: Toy, rule: str, name: str, old: str | None, new: str | None, finding: str
) -> None:
    toy.change(name, old, new)
    found = [*RULES[rule](toy)]
    assert any(finding in sentence for sentence in found), found


def test_every_rule_is_proven_to_find_something() -> None:
    assert WRONG.keys() == RULES.keys()


def test_references_to_what_is_there_are_right(toy: Toy) -> None:
    toy.change("notes/static/a/b.js", None, "export const from = 'c.js';\n")
    toy.change(SCRIPT, None, 'import {\n  a } from "./b.js"\nimport "../../common/api.js";\n')
    toy.change("notes/templates/parts/x.html", None, "{{ url_for('notes.add') }}")
    toy.change(
        TEMPLATE,
        None,
        "{% extends 'common/base.html' %}{% include 'parts/x.html' %}"
        "{{ url_for('static', filename='a/b.js') }}"
        "{{ url_for('common.static', filename='api.js') }}{{ url_for(x, filename=y) }}",
    )
    assert findings(toy) == []


def test_headings_that_come_later_are_right_already(toy: Toy) -> None:
    later = "## Test it\n\nx\n\n## Read in this order\n\nx\n\n## Endpoints"
    toy.change(README, "## Endpoints", later)

    assert findings(toy) == []


def test_project_beside_its_neighbours_is_found(toy: Toy) -> None:
    root = toy.folder.parents[2]
    (root / "projects/crud/gone/notes/__pycache__").mkdir(parents=True)
    (root / "projects/crud/gone/instance").mkdir()
    (root / "projects/crud/gone/instance/notes.sqlite").touch()
    (root / "projects/auth/begun").mkdir(parents=True)
    (root / "projects/auth/begun/README.md").touch()
    assert [room.slug for room in rooms(root)] == ["begun", "notes"]
