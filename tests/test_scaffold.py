"""The scaffold: what it makes is a project that passes everything, whatever it is called."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cookiecutter.main import cookiecutter
from markdown_it import MarkdownIt

from classroom.catalogue import tables
from classroom.ideas import categories, discover
from tests import contract
from tests.house import ROOT, RULES, Room
from tests.house.size import counted, size_of, together
from tests.transcript import differences

SCAFFOLD = ROOT / "cookiecutter"
DEFAULT, NASTY = "projects/crud/my_idea", "projects/files/groesse"
NAME = """Größe's "best" {{ 7*7 }} <i>\\N</i> \u2013 “x” \"""; rm -rf /"""
SUMMARY = """1. *It\u2019s* [a](b) | `c` {% if %} <script>alert("1")</script> &amp; #{x} 🐍 \\"""
EXAMPLES = 5
MOST_TOKENS = 1_300
TYPED = [NAME, "6", SUMMARY, "groesse"]  # 6 is the category files


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cookiecutter's settings: what it remembers of the last run stays out of the home folder."""
    folder = tmp_path_factory.mktemp("cookiecutter")
    file = folder / "settings.yaml"
    file.write_text(f"replay_dir: {folder}\ncookiecutters_dir: {folder}\n", "utf-8")
    return file


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, settings: Path) -> Path:
    """A repository with two projects: the defaults, and what somebody typed at the prompts."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(SCAFFOLD, root / "cookiecutter")  # which looks at what is beside it
    (root / "common").symlink_to(ROOT / "common")
    bake(settings, root / "projects", root / "cookiecutter")
    prompts = [sys.executable, "-m", "cookiecutter", "cookiecutter", "--output-dir", "projects"]
    prompts += ["--config-file", str(settings)]
    check(prompts, root, typed="\n".join(TYPED) + "\n")
    return root


@pytest.fixture(params=[DEFAULT, NASTY])
def room(
    request: pytest.FixtureRequest, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Room]:
    """One of the two, ready to be imported, even where there is a project of its name."""
    folder = tree / request.param
    monkeypatch.syspath_prepend(folder)
    other = take_out(folder.name)
    yield Room(folder)
    take_out(folder.name)
    sys.modules.update(other)


def take_out(package: str) -> dict[str, ModuleType]:
    """Let Python forget a package; return its modules."""
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}


def bake(settings: Path, into: Path, scaffold: Path = SCAFFOLD, **answers: str) -> None:
    """Make a project without asking."""
    sys.modules.pop("local_extensions", None)  # that of another copy of the scaffold
    options: dict[str, Any] = {"no_input": True, "extra_context": answers}
    cookiecutter(str(scaffold), output_dir=str(into), config_file=str(settings), **options)


def check(command: list[str], folder: Path, typed: str = "") -> None:
    """Run a command; show all that it says if it fails."""
    result = subprocess.run(
        command, cwd=folder, input=typed, text=True, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_new_projects_pass_their_own_tests(tree: Path) -> None:
    nasty = [f"{NASTY}/tests/test_{name}.py" for name in ("priority", "routes")]  # import it
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    check([*pytest_, DEFAULT, *nasty], tree)


def test_new_projects_are_lint_free(tree: Path) -> None:
    pytest.importorskip("ruff")
    ruff = [sys.executable, "-m", "ruff"]
    check([*ruff, "check", "--no-cache", "projects"], tree)
    check([*ruff, "format", "--no-cache", "--check", "projects"], tree)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_new_project_keeps_the_house_rule(room: Room, rule: Any) -> None:
    assert list(rule(room)) == []


def test_new_project_leaves_room_for_an_idea(room: Room) -> None:
    total = together(size_of(room.text(name)) for name in counted(room))
    assert total.tokens <= MOST_TOKENS, "The scaffold shows where things are, and no more."


@pytest.mark.parametrize("room", [DEFAULT], indirect=True)
def test_new_project_keeps_its_contract(room: Room) -> None:
    with room.running() as backend:
        backend.run("seed")
        found = [*contract.broken_promises(backend, room.document, EXAMPLES)]
        found += contract.rudeness_that_hurts(backend, room.document)
    assert not found, "\n\n".join([*found, *backend.errors])


@pytest.mark.parametrize("room", [DEFAULT], indirect=True)
def test_transcript_of_new_project_is_true(room: Room) -> None:
    patch = differences(room.folder, room.text("README.md"))
    assert not patch, patch


def test_catalogue_lists_new_projects(tree: Path) -> None:
    built = {idea.slug: idea for idea in discover(tree)}
    assert (built["groesse"].title, built["groesse"].summary) == (NAME, SUMMARY)
    assert all(f"({folder}/)" in tables(tree) for folder in (DEFAULT, NASTY))


def test_what_was_typed_is_shown_as_it_was_typed(room: Room) -> None:
    readme = MarkdownIt("commonmark").parse(room.text("README.md"))
    inline = [token.children or [] for token in readme if token.type == "inline"]
    title, summary = ["".join(part.content for part in line) for line in inline[:2]]
    info = room.document["info"]
    assert title == room.idea["title"] == info["title"]
    assert summary == room.idea["summary"] == " ".join(info["description"].split())


def test_no_placeholder_is_left(tree: Path) -> None:
    for file in (tree / DEFAULT).rglob("*"):
        if "__pycache__" in file.parts:  # of a test that came first
            continue
        text = str(file) + (file.read_text("utf-8") if file.is_file() else "")
        for left in ("{{", "}}", "{%", "cookiecutter"):
            assert left not in text, f"{file} has {left!r}"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"slug": "json"}, "Python's own module"),
        ({"slug": "flask"}, "the library"),
        ({"slug": "pyyaml"}, "the library"),
        ({"slug": "class"}, "grammar"),
        ({"slug": "match"}, "grammar"),
        ({"slug": "common"}, "something else of this name"),
        ({"slug": "tests"}, "something else of this name"),
        ({"slug": "wsgi"}, "something else of this name"),
        ({"slug": "noxfile"}, "something else of this name"),
        ({"slug": "recipes"}, "there is projects/crud/recipes already"),
        ({"slug": "My-Idea"}, "small letters"),
        ({"slug": "../../evil"}, "small letters"),
        ({"slug": "a__b"}, "small letters"),
        ({"slug": "x" * 41}, "40 at most"),
        ({"name": "3 D"}, "called '3_d'"),
        ({"name": "?"}, "called ''"),
        ({"name": " "}, "The name must be one line"),
        ({"name": "two\nlines", "slug": "two"}, "The name must be one line"),
        ({"name": "n" * 61, "slug": "n"}, "61 characters; 60 are the most"),
        ({"summary": ""}, "The summary must be one line"),
        ({"summary": "s" * 161}, "161 characters; 160 are the most"),
    ],
    ids=str,
)
def test_what_cannot_be_a_project_is_refused_before_anything_is_written(
    tmp_path: Path, settings: Path, answers: dict[str, str], reason: str
) -> None:
    with pytest.raises(SystemExit, match=reason):
        bake(settings, tmp_path / "projects", **answers)
    assert list(tmp_path.iterdir()) == []


def test_longest_answers_are_taken(tmp_path: Path, settings: Path) -> None:
    answers = {"name": "n" * 60, "summary": "s" * 160, "slug": "x" * 40, "category": "data"}
    bake(settings, tmp_path / "projects", **answers)
    [idea] = discover(tmp_path)
    assert [idea.title, idea.summary, idea.slug, idea.category] == [*answers.values()]


def test_categories_to_choose_from_are_those_of_the_catalogue() -> None:
    questions = json.loads((SCAFFOLD / "cookiecutter.json").read_text("utf-8"))
    shown = {it.slug: f"{it.slug}: {it.title}" for it in categories()}
    assert questions["category"] == [*shown]
    assert questions["__prompts__"]["category"] == {"__prompt__": "Category"} | shown


def test_existing_folder_is_left_alone(tree: Path, settings: Path) -> None:
    before = (tree / NASTY / "README.md").read_bytes()
    again = {"name": "Another", "category": "files", "slug": "groesse", "summary": "Another one."}
    with pytest.raises(Exception, match="directory already exists"):
        bake(settings, tree / "projects", **again)
    assert (tree / NASTY / "README.md").read_bytes() == before
