"""What counts as a small mistake."""

import ast

import pytest

from classroom.measure.mutation import mutants


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("a < b", {"(a <= b)", "(a >= b)", "pass"}),
        ("x = a == b", {"x = (a != b)"}),
        (
            "x = a < b <= c",
            {f"x = (a {pair} c)" for pair in ("<= b <=", ">= b <=", "< b <", "< b >")},
        ),
        ("x = k not in d", {"x = (k in d)"}),
        ("x = a + b * c", {"x = (a - b * c)", "x = a + (b / c)"}),
        ("x = (a + b) * c", {"x = ((a + b) / c)", "x = ((a - b)) * c"}),
        ("x = a and b or c", {"x = ((a and b) and c)", "x = (a or b) or c"}),
        ("x = not a", {"x = a"}),
        ("x = -a", {"x = a"}),
        ("x = True", {"x = False"}),
        ("x = 7", {"x = 8", "x = 6"}),
        ("x = 0.5", {"x = (1.5)", "x = (-0.5)"}),
        ("x = y if z else w", {"x = y if (not z) else w"}),
        ("x = [y for y in z if y]", {"x = [y for y in z if (not y)]"}),
        ("x += y", {"x -= y", "pass"}),
        ("x[y] = z", {"pass"}),
        ("f(x)", {"pass"}),
        ("raise x", {"pass"}),
        ("def f():\n    return x", {"def f():\n    return None"}),
        ("while a and b: c = d", {"while (not (a and b)): c = d", "while (a or b): c = d"}),
        ("s = 'ä'; x = 'ö' + y", {"s = 'ä'; x = ('ö' - y)"}),
    ],
)
def test_mistakes_are_those_that_a_person_makes(source: str, wrong: set[str]) -> None:
    assert {mutant.source for mutant in mutants(source)} == wrong


@pytest.mark.parametrize(
    "source",
    [
        '"""Text 1 < 2."""',
        "def f():\n    '''Text.'''",
        "x = f'{1 + 2}'",
        "x: int | None = y",
        "def f(x: int | None) -> int | str: ...",
        "@f(1, frozen=True)\nclass A: ...",
        "import a",
        "x = y",
        "return_value = 'text'",
    ],
)
def test_text_annotations_and_decorators_are_left_alone(source: str) -> None:
    assert list(mutants(source)) == []


def test_every_mutant_is_another_program_and_says_where() -> None:
    source = "def f(x):\n    if x > 1:\n        return x\n    return 1 - x\n"

    found = list(mutants(source))

    assert [mutant.line for mutant in found] == sorted(mutant.line for mutant in found)
    assert len({mutant.source for mutant in found} | {source}) == len(found) + 1
    for mutant in found:
        assert ast.parse(mutant.source)
        assert mutant.old in source.splitlines()[mutant.line - 1]
        assert mutant.new in mutant.source.splitlines()[mutant.line - 1]
