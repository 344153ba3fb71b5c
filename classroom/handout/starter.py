"""Make what students start from: ``python -m classroom.handout.starter IDEA OUT``.

A starter is the ejected project in which the functions that ``idea.toml`` names have kept their
signature and docstring and lost their body. It keeps the tests of visible stories alone, and its
README is the task sheet. It boots: what is missing raises ``NotImplementedError`` when it is used.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from classroom.ideas import ROOT, Idea, IdeaError, UnknownIdeaError, Visibility, find
from classroom.render import render

from . import eject

SECTION = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!## ).*\n?)*)", re.MULTILINE)
KEPT_SECTIONS = ("What you learn", "Endpoints", "Out of scope")
NODES_WITH_NAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class StarterError(Exception):
    """The project cannot be made into a starter; the message says why."""


def make_starter(idea: Idea, target: Path, root: Path = ROOT) -> None:
    """Make ``target`` the folder for students. It must not exist yet, or be empty."""
    with eject.new_folder(target) as folder:
        build(idea, folder, root)


def build(idea: Idea, folder: Path, root: Path = ROOT) -> None:
    """Fill an empty folder with the starter."""
    eject.build(idea, folder, root)
    tasks = [_cut(folder / idea.slug, stub) for stub in idea.stubs]
    for test in sorted(folder.glob("tests/test_*.py")):
        if test.name != "test_stories.py":
            test.unlink()  # unit tests know how the solution is built
    stories = folder / "tests" / "test_stories.py"
    shown = {story.id for story in idea.stories if story.visibility is Visibility.VISIBLE}
    stories.write_text(only_stories(stories.read_text("utf-8"), shown), "utf-8")
    readme = folder / "README.md"
    sections = {m["title"]: m["text"].strip() for m in SECTION.finditer(readme.read_text("utf-8"))}
    values = {"idea": idea, "tasks": tasks, "sections": sections, "kept": KEPT_SECTIONS}
    readme.write_text(render("starter/README.md", **values), "utf-8")
    for name in ("classroom50.py", "workflow.yml"):
        place = folder / ".github" / ("workflows/story-tests.yml" if name[0] == "w" else name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(render(f"starter/{name}", idea=idea), "utf-8")


def _cut(package: Path, name: str) -> tuple[str, str, str]:
    """Stub one function; return its name, its file in the folder, its docstring's first line."""
    module, _, function = name.partition(".")
    file = package / f"{module}.py"
    source = file.read_text("utf-8")
    file.write_text(stub(source, function, name), "utf-8")
    docstring = ast.get_docstring(_function(source, function, name)) or ""
    return name, file.relative_to(package.parent).as_posix(), docstring.partition("\n")[0]


def stub(source: str, function: str, name: str) -> str:
    """Return ``source`` with the body of ``function`` (``f`` or ``Class.f``) replaced.

    Everything else keeps its lines: comments, layout, decorators. Raises StarterError where there
    is no such function, or it has no docstring to work from.
    """
    node = _function(source, function, name)
    docstring, *body = node.body
    if ast.get_docstring(node) is None or not body:
        raise StarterError(f"{name}: needs a docstring that says what is wanted, and a body")
    lines = source.splitlines(keepends=True)
    indent = " " * docstring.col_offset
    text = f'raise NotImplementedError("Write {name}: its docstring says what is wanted.")'
    lines[docstring.end_lineno : node.end_lineno] = [f"{indent}{text}\n"]
    return "".join(lines)


def _function(source: str, function: str, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    scope: ast.AST = ast.parse(source)
    for part in function.split("."):
        inside = ast.iter_child_nodes(scope)
        found = [n for n in inside if isinstance(n, NODES_WITH_NAMES) and n.name == part]
        if len(found) != 1:
            raise StarterError(f"idea.toml names {name}, but there is no such function")
        scope = found[0]
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        raise StarterError(f"idea.toml names {name}, which is no function")
    return scope


def only_stories(source: str, shown: set[str]) -> str:
    """Return a file of story tests without those of other stories, and what only they used."""
    tree = ast.parse(source)
    gone = [node for node in tree.body if (story := story_of(node)) and story not in shown]
    while unused := [*_unused(tree, gone)]:
        gone += unused
    lines = source.splitlines(keepends=True)
    for node in sorted(gone, key=lambda node: node.lineno, reverse=True):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
        while first and lines[first - 1].startswith("#"):  # its comment
            first -= 1
        del lines[first : node.end_lineno]
    return re.sub(r"\n{4,}", "\n\n\n", "".join(lines)).rstrip() + "\n"


def story_of(node: ast.AST) -> str | None:
    """Return the story that a test function is marked with."""
    if isinstance(node, ast.FunctionDef):
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.story":
                return str(ast.literal_eval(mark.args[0]))
    return None


def _unused(tree: ast.Module, gone: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield helpers and constants at the top that what stays does not name."""
    kept = [node for node in tree.body if node not in gone]
    for node in kept:
        others = [other for other in kept if other is not node]
        names = {
            used.id if isinstance(used, ast.Name) else getattr(used, "arg", "")
            for other in others
            for used in ast.walk(other)
        }
        name = None
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("test"):
            name = None if _is_automatic(node) else node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        if name is not None and name not in {*names, "pytestmark"}:
            yield node


def _is_automatic(node: ast.FunctionDef) -> bool:
    """Tell whether a fixture is used by every test without being named."""
    return any("autouse=True" in ast.unparse(mark) for mark in node.decorator_list)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.handout.starter",
        description="Make the folder that students start from: the project without the functions "
        "that they write, with the tests of visible stories, and the task sheet as README.",
        epilog="Exit code: 0 done, 1 it could not be done, 2 wrong usage or no such idea.",
    )
    parser.add_argument("idea", metavar="IDEA", help="name of the project, such as url_shortener")
    parser.add_argument("target", metavar="OUT", type=Path, help="a folder that is new or empty")
    options = parser.parse_args(arguments)
    try:
        make_starter(find(options.idea, root), options.target, root)
    except UnknownIdeaError as error:
        print(error, file=sys.stderr)
        return 2
    except (IdeaError, StarterError, eject.EjectError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.idea} is in {options.target}, for students. Its README.md is the task sheet.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
