"""How large the code is, counted in tokens: ``python -m tests.house size`` prints a table.

A token is a name, a number, a text or a sign. Comments, docstrings and line breaks do not count, so
nothing becomes smaller by writing it densely. Templates and scripts are not counted.
"""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .room import ROOT, Room, rooms

MOST_TOKENS = {1: 2_000, 2: 3_000, 3: 4_000, 4: 5_000, 5: 6_000}  # by the level of the idea
MOST_TOKENS_A_LINE = 8
# What every project imports of common, and what a learner reads of it in half an hour.
CORE = (
    "__init__", "settings", "clock", "errors", "database", "fields", "api", "pagination",
    "guards", "tokens", "devices",
)  # fmt: skip
MOST_CORE_TOKENS = 8_000
NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
}  # fmt: skip
FSTRING_START = getattr(tokenize, "FSTRING_START", None)  # from Python 3.12 on
FSTRING_END = getattr(tokenize, "FSTRING_END", None)


@dataclass(frozen=True)
class Size:
    """How many tokens there are, and on how many lines."""

    tokens: int = 0
    lines: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(self.tokens + other.tokens, self.lines + other.lines)

    @property
    def tokens_a_line(self) -> float:
        """The average; 0 where there is no code."""
        return self.tokens / self.lines if self.lines else 0.0


def project_is_small(room: Room) -> Iterator[str]:
    """Find more code than the level of the project allows."""
    level = room.idea.get("level")
    most = most_tokens(level)
    sizes = {name: size_of(room.text(name)) for name in counted(room)}
    total = together(sizes.values())
    if total.tokens > most:
        largest = sorted(sizes, key=lambda name: sizes[name].tokens, reverse=True)
        listed = ", ".join(f"{name} {sizes[name].tokens}" for name in largest[:4])
        yield (
            f"{room.slug}/: has {total.tokens:,} tokens of code besides seed.py; {most:,} are the "
            f"most at level {level} ({listed}). Do less, or share it in common."
        )


def lines_are_plain(room: Room) -> Iterator[str]:
    """Find code in which a line does too much, on average."""
    total = together(size_of(room.text(name)) for name in counted(room))
    if total.tokens_a_line > MOST_TOKENS_A_LINE:
        yield (
            f"{room.slug}/: has {total.tokens_a_line:.2f} tokens a line on average; "
            f"{MOST_TOKENS_A_LINE} are the most. Let every line do one thing."
        )


def most_tokens(level: object) -> int:
    """Return how large a project of this level may be; another rule finds a level that is none."""
    return MOST_TOKENS[level] if isinstance(level, int) and level in MOST_TOKENS else MOST_TOKENS[5]


def counted(room: Room) -> list[str]:
    """Return the files that count: the package without its demo data."""
    return [name for name in room.code if name != f"{room.slug}/seed.py"]


def together(sizes: Iterable[Size]) -> Size:
    """Return the sum."""
    return sum(sizes, Size())


def size_of(text: str) -> Size:
    """Return how large Python code is."""
    without_docstrings = docstring_lines(text)
    tokens = 0
    lines: set[int] = set()
    depth = 0  # of f-strings, one in another: each counts as one token with all that is in it
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in NO_CODE or token.start[0] in without_docstrings:
            continue
        lines.update(range(token.start[0], token.end[0] + 1))
        if token.type == FSTRING_END:
            depth -= 1
        elif depth == 0:
            tokens += 1
        if token.type == FSTRING_START:
            depth += 1
    return Size(tokens, len(lines))


def docstring_lines(text: str) -> set[int]:
    """Return the numbers of the lines with docstrings, those of attributes too."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def core_files(root: Path = ROOT) -> list[Path]:
    """Return the files of the core of common that are there."""
    folder = root / "common/src/common"
    return [folder / f"{name}.py" for name in CORE if (folder / f"{name}.py").exists()]


def table(root: Path = ROOT) -> Iterator[str]:
    """Yield the lines of the table: a project, its level and size, and the core of common."""
    yield f"{'project':20} {'level':>5} {'tokens':>7} {'of':>6} {'lines':>6} {'tokens a line':>13}"
    for room in rooms(root):
        size = together(size_of(room.text(name)) for name in counted(room))
        level = room.idea.get("level")
        yield row(room.slug, str(level), size, most_tokens(level))
    core = together(size_of(file.read_text("utf-8")) for file in core_files(root))
    yield row("common, its core", "", core, MOST_CORE_TOKENS)


def row(name: str, level: str, size: Size, most: int) -> str:
    """Return a line of the table."""
    start = f"{name:20} {level:>5} {size.tokens:7,} {most:6,}"
    return f"{start} {size.lines:6,} {size.tokens_a_line:13.1f}"


RULES = (project_is_small, lines_are_plain)
