"""Take out of Python source what students are to write, and tests that they are not to see."""

import ast
import re
from ast import Assign, AsyncFunctionDef, Call, ClassDef, Constant, FunctionDef, Name
from collections.abc import Iterator, Sequence

Function = FunctionDef | AsyncFunctionDef
HAVE_NAMES = (FunctionDef, AsyncFunctionDef, ClassDef)


class StarterError(Exception):
    """The project cannot be made into a starter; the message says why."""


def stub(source: str, function: str, name: str) -> str:
    """Return ``source`` with the body of ``function`` (``f`` or ``Class.f``) replaced.

    Everything else keeps its lines: comments, layout, decorators. Raises StarterError where there
    is no such function, or it has no docstring to work from.
    """
    node = _function(source, function, name)
    docstring, *body = node.body
    if ast.get_docstring(node) is None or not body:
        raise StarterError(f"{name}: needs a docstring that says what is wanted, and a body")
    indent = " " * docstring.col_offset
    text = f'raise NotImplementedError("Write {name}: its docstring says what is wanted.")'
    lines = source.splitlines(keepends=True)
    lines[docstring.end_lineno : node.end_lineno] = [f"{indent}{text}\n"]
    return "".join(lines)


def what_is_wanted(source: str, function: str, name: str) -> str:
    """Return the first line of a function's docstring. Raises StarterError as ``stub`` does."""
    docstring = ast.get_docstring(_function(source, function, name)) or ""
    return docstring.partition("\n")[0]


def _function(source: str, function: str, name: str) -> Function:
    scope: ast.AST = ast.parse(source)
    for part in function.split("."):
        inside = [node for node in ast.iter_child_nodes(scope) if isinstance(node, HAVE_NAMES)]
        found = [node for node in inside if node.name == part]
        if len(found) != 1:
            raise StarterError(f"idea.toml names {name}, but there is no such function")
        scope = found[0]
    if not isinstance(scope, Function):
        raise StarterError(f"idea.toml names {name}, which is no function")
    return scope


def only_stories(source: str, shown: set[str]) -> str:
    """Return a file of story tests without those of other stories, and what only they used."""
    kept = []
    dropped = []
    for node in ast.parse(source).body:
        story = story_of(node)
        if story is None or story in shown:
            kept.append(node)
        else:
            dropped.append(node)
    while unused := _unused(kept):
        kept = [node for node in kept if node not in unused]
        dropped += unused
    lines = source.splitlines(keepends=True)
    dropped.sort(key=lambda node: node.lineno)
    for node in reversed(dropped):
        first = _first_line(node) - 1
        while first and lines[first - 1].startswith("#"):  # its comment
            first -= 1
        del lines[first : node.end_lineno]
    text = re.sub(r"\n{4,}", "\n\n\n", "".join(lines))
    return text.rstrip() + "\n"


def _first_line(node: ast.stmt) -> int:
    """Return the number of a statement's first line, decorators included."""
    if isinstance(node, HAVE_NAMES) and node.decorator_list:
        return node.decorator_list[0].lineno
    return node.lineno


def story_of(node: ast.AST) -> str | None:
    """Return the story that a test function is marked with."""
    if not isinstance(node, FunctionDef):
        return None
    for mark in node.decorator_list:
        match mark:
            case Call(func=name, args=[Constant(value=str(story)), *_]):
                if ast.unparse(name) == "pytest.mark.story":
                    return story
    return None


def _unused(kept: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return helpers and constants at the top that no other statement names."""
    found = []
    for node in kept:
        others = [other for other in kept if other is not node]
        name = _helper(node)
        if name is not None and name not in _names(others):
            found.append(node)
    return found


def _helper(node: ast.stmt) -> str | None:
    """Return the name of a helper or a constant; None for tests and what pytest finds itself."""
    match node:
        case FunctionDef(name=name):
            found_by_pytest = name.startswith("test") or _is_automatic(node)
        case Assign(targets=[Name(id=name), *_]):
            found_by_pytest = name == "pytestmark"
        case _:
            return None
    return None if found_by_pytest else name


def _names(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that are used, those of arguments too, for fixtures are asked for by them."""
    for statement in statements:
        for node in ast.walk(statement):
            match node:
                case Name(id=name):
                    yield name
                case ast.arg(arg=str(name)) | ast.keyword(arg=str(name)):
                    yield name


def _is_automatic(node: FunctionDef) -> bool:
    """Tell whether a fixture is used by every test without being named."""
    return any("autouse=True" in ast.unparse(mark) for mark in node.decorator_list)
