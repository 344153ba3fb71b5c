"""What the templates need besides Jinja: filters that check what a person typed, and escape it.

What was typed may hold quotes, markup or braces. Each filter below puts it into one language so
that it stays text there.
"""

import keyword
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from cookiecutter.utils import simple_filter

ROOT = Path(__file__).resolve().parent.parent
BESIDE = {"instance", "tests", "wsgi"}  # what a project's folder holds beside its package
WIDTH = 90
FOUR_DIGITS = 0xFFFF
LONGEST_NAME, LONGEST_SUMMARY, LONGEST_SLUG = 60, 160, 40  # of idea.toml


@simple_filter
def folder(answers: dict[str, str]) -> str:
    """Return the folder of the new project; end with clear words if there can be none."""
    refusals = [
        *not_one_line("The name", answers["name"], LONGEST_NAME),
        *not_one_line("The summary", answers["summary"], LONGEST_SUMMARY),
        *no_package(answers["slug"]),
    ]
    if refusals:
        raise SystemExit("\n".join(refusals))
    return f"{answers['category']}/{answers['slug']}"


@simple_filter
def literal(text: str) -> str:
    """Escape what stands between double quotes in TOML."""
    return "".join(char if char.isprintable() else by_number(char) for char in quoted(text))


@simple_filter
def docstring(text: str) -> str:
    """Wrap and escape what stands in a docstring.

    Punctuation that only looks like ASCII is written by its number: a curly apostrophe in a
    docstring is a finding of the linter.
    """
    plain = [char if char.isascii() or char.isalnum() else by_number(char) for char in quoted(text)]
    return textwrap.fill("".join(plain), WIDTH, break_long_words=False, break_on_hyphens=False)


@simple_filter
def markdown(text: str) -> str:
    """Escape what Markdown would take for markup."""
    text = re.sub(r"([\\`*_\[\]<>|#]|&(?=#?\w+;)|^[+=~-])", r"\\\1", text)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", text)  # no numbered list


def quoted(text: str) -> str:
    r"""Return the text with ``\`` before each ``\`` and ``"``."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def by_number(char: str) -> str:
    """Return the escape sequence of a character, the same in TOML and in Python."""
    return f"\\u{ord(char):04x}" if ord(char) <= FOUR_DIGITS else f"\\U{ord(char):08x}"


def not_one_line(what: str, text: str, longest: int) -> Iterator[str]:
    """Yield why the text is not what idea.toml takes."""
    if not text or text != text.strip() or not text.isprintable():
        yield f"{what} must be one line of text without space at its ends; it is {text!r}."
    if len(text) > longest:
        yield f"{what} has {len(text)} characters; {longest} are the most."


def no_package(slug: str) -> Iterator[str]:
    """Yield why this cannot be the name of a project's package."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", slug) or len(slug) > LONGEST_SLUG:
        reason = "write small letters, digits and single underscores, a letter first, 40 at most"
    elif keyword.iskeyword(slug) or keyword.issoftkeyword(slug):
        reason = "Python's grammar has this word"
    elif slug in sys.stdlib_module_names:
        reason = "it would hide Python's own module of this name"
    elif slug in BESIDE or (ROOT / slug).exists() or (ROOT / f"{slug}.py").exists():
        reason = "the repository has something else of this name"
    elif others := [*(ROOT / "projects").glob(f"*/{slug}/idea.toml")]:
        reason = f"there is {others[0].parent.relative_to(ROOT)} already"
    elif is_installed(slug) or slug in required():
        reason = "it would hide the library of this name"
    else:
        return
    yield f"The package cannot be called {slug!r}: {reason}."


def is_installed(name: str) -> bool:
    """Tell whether Python finds a library; a mere folder is none, and neither is a project."""
    spec = PathFinder.find_spec(name)
    if spec is None or spec.origin is None:
        return False
    return not Path(spec.origin).parents[1].joinpath("idea.toml").exists()


def required() -> set[str]:
    """Return the names of all libraries that some project needs, installed here or not."""
    constraints = ROOT / "constraints.txt"
    text = constraints.read_text("utf-8") if constraints.exists() else ""
    names: list[str] = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "_", name).lower() for name in names}
