"""What the README of a project says, and that it is true."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from markdown_it.token import Token

from common import __path__ as common_path

from . import markdown
from .api import sockets
from .room import Room

HEADINGS = [
    "What it does",
    "What you learn",
    "Run it",
    "Try it",
    "Test it",
    "Read in this order",
    "Endpoints",
    "How it works",
    "Watch out",
    "Your turn",
    "In production",
    "Out of scope",
]
LATER = {"Test it", "Read in this order"}  # required as soon as every project has them
TEST = re.compile(r"(tests/\w+\.py)::(?:\w+::)?(\w+)")
LEAST_TRAPS, MOST_TRAPS = 2, 5
EXERCISES = 3
MOST_LINES = 250


def headings_are_those_of_all(room: Room) -> Iterator[str]:
    """Find headings that are missing, others, in another order or with nothing under them."""
    sections = markdown.sections(room.text("README.md"))
    found = [heading for heading in sections if heading]
    if found != [heading for heading in HEADINGS if heading not in LATER - set(found)]:
        missing = [heading for heading in HEADINGS if heading not in {*found, *LATER}]
        other = [heading for heading in found if heading not in HEADINGS]
        yield (
            "README.md: the headings are, in this order: "
            + ", ".join(HEADINGS)
            + (f". Missing: {', '.join(missing)}" if missing else "")
            + (f". Not among them: {', '.join(other)}" if other else "")
            + "."
        )
    for heading, tokens in sections.items():
        if heading and len(tokens) <= 3:  # the heading itself: open, text, close
            yield f"README.md: nothing stands under {heading!r}."


def it_begins_with_title_and_summary(room: Room) -> Iterator[str]:
    """Find a beginning that differs from idea.toml."""
    tokens = markdown.sections(room.text("README.md"))[""]
    texts = [markdown.shown(token) for token in tokens if token.type == "inline"]
    title, summary = (*texts, "", "")[:2]
    if title != room.idea["title"]:
        yield f"README.md: its title is {title!r}, in idea.toml {room.idea['title']!r}."
    if not summary.startswith(room.idea["summary"]):
        yield f"README.md: after the title comes the summary of idea.toml: {room.idea['summary']}"


def it_lists_the_stories(room: Room) -> Iterator[str]:
    """Find a list under "What it does" that is not that of idea.toml."""
    listed = markdown.items(section(room, "What it does"))
    for story in room.idea["stories"]:
        if story["text"] not in listed:
            yield f"README.md: 'What it does' lacks the story: - {story['text']}"
    texts = [story["text"] for story in room.idea["stories"]]
    for text in listed:
        if text not in texts:
            yield f"README.md: 'What it does' has what is no story of idea.toml: - {text}"
    if sorted(listed) == sorted(texts) and listed != texts:
        yield "README.md: the stories under 'What it does' stand in another order in idea.toml."


def links_lead_somewhere(room: Room) -> Iterator[str]:
    """Find links to files and headings that are not there."""
    for name in room.files:
        if name.endswith(".md"):
            yield from markdown.broken_links(room.folder / name, room.folder.parents[2])


def named_files_are_there(room: Room) -> Iterator[str]:
    """Find a Python file that the README names and nobody has."""
    common = [path.as_posix() for folder in common_path for path in Path(folder).rglob("*.py")]
    for code in dict.fromkeys(markdown.inline_code(room.text("README.md"))):
        if re.fullmatch(r"[\w/.-]+\.py", code):
            name = f"/{code.removeprefix('./')}"
            if not any(f"/{file}".endswith(name) for file in [*room.files, *common]):
                yield f"README.md: names {code}, but there is no such file."


def endpoints_are_those_of_the_api(room: Room) -> Iterator[str]:
    """Find rows in the table that are no route, and routes that have no row."""
    routes = room.operations.keys() | sockets(room)
    listed: Counter[tuple[str, str]] = Counter()
    for row in markdown.rows(section(room, "Endpoints")):
        method, path = row[0].strip("`"), row[1].strip("`")
        listed[method, path] += 1
        if (method, path) not in routes:
            yield f"README.md: 'Endpoints' has {method} {path}, which OpenAPI does not."
    for (method, path), times in listed.items():
        if times > 1:
            yield f"README.md: 'Endpoints' has {method} {path} {times} times."
    for method, path in sorted(routes - listed.keys()):
        yield f"README.md: 'Endpoints' lacks {method} `{path}`; parameters are written {{name}}."


def transcripts_can_be_executed(room: Room) -> Iterator[str]:
    """Find blocks under "Try it" that nobody executes."""
    found = markdown.blocks(section(room, "Try it"))
    if not found:
        yield "README.md: 'Try it' needs a block ```console with commands and their output."
    for language, text, line in found:
        if language != "console":
            yield f"README.md:{line}: under 'Try it' only ```console is executed; not {language!r}."
        elif not text.startswith("$ "):
            yield f"README.md:{line}: a ```console block begins with a command: $ curl …"


def one_diagram_shows_how_it_works(room: Room) -> Iterator[str]:
    """Find no diagram, or several."""
    languages = [language for language, _, _ in markdown.blocks(section(room, "How it works"))]
    number = languages.count("mermaid")
    if number != 1:
        yield f"README.md: 'How it works' has {number} ```mermaid diagrams; draw one."


def each_trap_has_a_test(room: Room) -> Iterator[str]:
    """Find mistakes under "Watch out" that no test catches."""
    traps = markdown.items(section(room, "Watch out"))
    if not LEAST_TRAPS <= len(traps) <= MOST_TRAPS:
        yield (
            f"README.md: 'Watch out' lists {len(traps)} mistakes; {LEAST_TRAPS} to {MOST_TRAPS} "
            "are right, each an item of a list."
        )
    for trap in traps:
        if not TEST.search(trap):
            yield f"README.md: name the test that catches it, tests/test_x.py::test_y: {trap[:60]}"
        for file, name in TEST.findall(trap):
            nodes = ast.walk(room.tree(file))
            if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in nodes):
                yield f"README.md: 'Watch out' names {file}::{name}, but there is no such test."


def there_are_three_exercises(room: Room) -> Iterator[str]:
    """Find fewer or more."""
    number = len(markdown.items(section(room, "Your turn")))
    if number != EXERCISES:
        yield f"README.md: 'Your turn' lists {number} exercises; three are right, easy to hard."


def section(room: Room, heading: str) -> list[Token]:
    """Return what stands under a heading."""
    return markdown.sections(room.text("README.md")).get(heading, [])


def readme_is_short(room: Room) -> Iterator[str]:
    """Find a README that nobody reads to its end."""
    number = len(room.text("README.md").splitlines())
    if number > MOST_LINES:
        yield f"README.md: has {number} lines; {MOST_LINES} are the most."


RULES = (
    readme_is_short,
    headings_are_those_of_all,
    it_begins_with_title_and_summary,
    it_lists_the_stories,
    links_lead_somewhere,
    named_files_are_there,
    endpoints_are_those_of_the_api,
    transcripts_can_be_executed,
    one_diagram_shows_how_it_works,
    each_trap_has_a_test,
    there_are_three_exercises,
)
