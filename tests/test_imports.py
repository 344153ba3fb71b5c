"""Imports go one way: projects → common. classroom looks at the projects from outside."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IDEAS = {file.parent.name: file.parent for file in sorted(ROOT.glob("projects/*/*/idea.toml"))}
# For each part of the repository: where its code is, and what it must not import.
PARTS = {
    "common": ([ROOT / "common/src", ROOT / "common/tests"], {"classroom", *IDEAS}),
    "classroom": ([ROOT / "classroom"], {*IDEAS}),
} | {
    idea: ([folder / idea, folder / "tests"], {"classroom", *IDEAS} - {idea})
    for idea, folder in IDEAS.items()
}


@pytest.mark.parametrize("part", PARTS)
def test_part_imports_nothing_from_above_or_beside(part: str) -> None:
    folders, forbidden = PARTS[part]
    files = [file for folder in folders for file in folder.rglob("*.py")]
    assert files, f"{part} has no code in {folders}"
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in sorted(imported(file.read_text("utf-8")) & forbidden)
    ]
    assert not wrong


def test_every_kind_of_import_is_seen() -> None:
    code = "import a.b, c as d\nfrom e.f import g\nfrom . import h\ndef f():\n    import i"
    assert imported(code) == {"a", "c", "e", "i"}


def test_there_are_projects_to_look_at() -> None:
    assert IDEAS


def imported(code: str) -> set[str]:
    """Return the first part of the name of each module that the code imports absolutely."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}
