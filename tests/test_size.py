"""The size of code is counted as a reader counts, and the core of common is small."""

import subprocess
import sys

import pytest

from tests.conftest import Toy
from tests.house import ROOT, RULES
from tests.house.size import (
    CORE,
    MOST_CORE_TOKENS,
    Size,
    core_files,
    row,
    size_of,
    table,
    together,
)


def test_core_of_common_is_read_in_half_an_hour() -> None:
    sizes = {file.name: size_of(file.read_text("utf-8")).tokens for file in core_files()}

    total = sum(sizes.values())

    assert {"__init__.py", "settings.py", "errors.py", "api.py"} <= sizes.keys()
    assert total <= MOST_CORE_TOKENS, f"The core has {total} tokens: {sizes}"


@pytest.mark.parametrize(
    ("code", "size"),
    [
        ("", Size(0, 0)),
        ("x = 1\n", Size(3, 1)),
        ("x = 1  # why\n\n# more\n", Size(3, 1)),
        ('"""What."""\n\nx = 1\n', Size(3, 1)),
        ('class A:\n    """What."""\n\n    x: int\n    """How many."""\n', Size(6, 2)),
        ("if x:\n    y()\n", Size(6, 2)),
        ("f(\n    1,\n\n    2,\n)\n", Size(7, 4)),
        ('x = """a\nb"""\n', Size(3, 2)),
        ('x = f"{a} and {b!r:>{width}}"\n', Size(3, 1)),
        ("x = f\"{f'{a}'} {b}\" + c\n", Size(5, 1)),
    ],
    ids=[
        "nothing", "a line", "comments", "a docstring", "docstrings of a class and of a field",
        "indentation", "brackets on lines of their own", "a text of two lines", "an f-string",
        "an f-string in another",
    ],
)  # fmt: skip
def test_tokens_are_counted(code: str, size: Size) -> None:
    assert size_of(code) == size


def test_sizes_are_added() -> None:
    total = together([Size(12, 2), Size(3, 1)])

    assert (total, total.tokens_a_line, Size().tokens_a_line) == (Size(15, 3), 5.0, 0.0)


def test_comments_docstrings_demo_data_and_empty_lines_are_no_code(toy: Toy) -> None:
    toy.change("notes/long.py", None, '"""Long.\n' + "\n" * 900 + '"""\n' + "# why\n\n" * 900)
    toy.change("notes/seed.py", None, "x = 1\n" * 900)

    assert [*RULES["project_is_small"](toy)] == []


def test_higher_level_may_be_larger(toy: Toy) -> None:
    toy.change("notes/many.py", None, "x = 1\n" * 650)
    toy.change("idea.toml", "level = 1", "level = 2")

    assert [*RULES["project_is_small"](toy)] == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["size"], 0, "common, its core"),
        ([], 2, "required: command"),
        (["generate", "--chek"], 2, "unrecognized arguments: --chek"),
    ],
)
def test_command_does_what_it_says(arguments: list[str], code: int, said: str) -> None:
    command = [sys.executable, "-m", "tests.house", *arguments]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done


def test_table_has_every_project_and_the_core(toy: Toy) -> None:
    core = toy.folder.parents[2] / "common/src/common"
    core.mkdir(parents=True)
    (core / f"{CORE[0]}.py").write_text("x = 1\n" * 500)

    head, notes, common = table(toy.folder.parents[2])

    assert head.split() == ["project", "level", "tokens", "of", "lines", "tokens", "a", "line"]
    assert notes.split()[:2] == ["notes", "1"]
    assert common == row("common, its core", "", Size(1500, 500), MOST_CORE_TOKENS)
