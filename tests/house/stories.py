"""Stories and their tests: which belongs to which, and that a test stays outside of the project."""

import ast
from collections.abc import Iterator

from .code import imported
from .room import ROOT, Room

FILE = "tests/test_stories.py"
# What works over a wire, too, when the same file grades a stranger's application (common.testing).
FOR_STORIES = {
    *("client", "as_user", "connect", "run", "clock", "work", "restart", "at_once"),
    *("upstream", "mailbox"),
}
OF_PYTEST = {"request", "tmp_path", "subtests"}
HOUSE = {"common", "classroom", "flask", "sqlalchemy", "sqlite3", "importlib"}
Test = ast.FunctionDef


def every_story_has_a_test(room: Room) -> Iterator[str]:
    """Find a story that nobody tests."""
    tested = {story for test in tests_in(room, FILE) for story in marks(test)}
    for story in room.idea["stories"]:
        if story["id"] not in tested:
            yield f"{FILE}: the story {story['id']!r} of idea.toml has no test."


def every_story_test_has_a_story(room: Room) -> Iterator[str]:
    """Find a test in test_stories.py without exactly one story, or a story elsewhere."""
    known = {story["id"] for story in room.idea["stories"]}
    for test in tests_in(room, FILE):
        match marks(test):
            case [story] if story in known:
                pass
            case [story]:
                yield f"{FILE}: {test.name} tests {story!r}, which idea.toml does not have."
            case other:
                yield (
                    f"{FILE}: {test.name} has {len(other)} stories; write one, in plain text: "
                    '@pytest.mark.story("id").'
                )
    for name in room.tests:
        if name != FILE and any(marks(test) for test in tests_in(room, name)):
            yield f"{name}: story tests stand in {FILE}, which is the file that grades."


def story_tests_stay_outside(room: Room) -> Iterator[str]:
    """Find a story test that imports the project or what it is made of."""
    tree = room.tree(FILE)
    forbidden = HOUSE | {folder.name for folder in ROOT.glob("projects/*/*")} | {room.slug}
    for name in sorted(imported(tree) & forbidden):
        yield f"{FILE}: imports {name}; story tests use HTTP, commands and the fixtures alone."
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"{FILE}:{node.lineno}: imports from beside it; graded alone, it stands alone."
        if isinstance(node, ast.Name) and node.id == "__import__":
            yield f"{FILE}:{node.lineno}: uses __import__; story tests import plainly."


def story_tests_use_fixtures_of_stories(room: Room) -> Iterator[str]:
    """Find a fixture in a story test that grading does not have."""
    functions = [node for node in room.tree(FILE).body if isinstance(node, ast.FunctionDef)]
    own = {node.name for node in functions if decorators(node, "fixture")}
    for function in functions:
        is_test = function.name.startswith("test_")
        if not is_test and function.name not in own:
            continue
        given = {name for call in decorators(function, "parametrize") for name in argnames(call)}
        wanted = {argument.arg for argument in function.args.args}
        for name in sorted(wanted - given - own - FOR_STORIES - OF_PYTEST):
            yield (
                f"{FILE}: {function.name} uses {name!r}, which grading does not have; "
                f"there are {', '.join(sorted(FOR_STORIES))} and those of the file itself."
            )


def tests_in(room: Room, name: str) -> list[Test]:
    """Return the test functions of a file."""
    nodes = ast.walk(room.tree(name))
    return [
        node
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def decorators(function: ast.FunctionDef, name: str) -> list[ast.expr]:
    """Return the decorators whose name ends with this one: ``@pytest.mark.story(…)``."""
    found = []
    for decorator in function.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(named, ast.Attribute) and named.attr == name:
            found.append(decorator)
    return found


def marks(test: Test) -> list[str]:
    """Return the stories that a test is marked with; ``?`` for one that is not plain text."""
    found = []
    for mark in decorators(test, "story"):
        match mark:
            case ast.Call(args=[ast.Constant(value=str(story))]):
                found.append(story)
            case _:
                found.append("?")
    return found


def argnames(parametrize: ast.expr) -> list[str]:
    """Return the names that a ``parametrize`` gives."""
    match parametrize:
        case ast.Call(args=[ast.Constant(value=str(names)), *_]):
            return [name.strip() for name in names.split(",")]
        case ast.Call(args=[ast.Tuple(elts=names) | ast.List(elts=names), *_]):
            return [str(name.value) for name in names if isinstance(name, ast.Constant)]
    return []


RULES = (
    every_story_has_a_test,
    every_story_test_has_a_story,
    story_tests_stay_outside,
    story_tests_use_fixtures_of_stories,
)
