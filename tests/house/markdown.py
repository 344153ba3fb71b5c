"""What is in a Markdown file: sections, lists, tables, code and links."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark").enable("table")
IN_HTML = re.compile(r"""\b(?:href|src)=["']([^"']*)""")


def sections(text: str) -> dict[str, list[Token]]:
    """Return what stands under each heading of the second level; under ``""`` what is before."""
    found: dict[str, list[Token]] = {"": []}
    current = ""
    tokens = PARSER.parse(text)
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            current = tokens[place + 1].content
            found[current] = []
        found[current].append(token)
    return found


def items(tokens: list[Token]) -> list[str]:
    """Return the texts of the list items that are in no other item."""
    found: list[str] = []
    for token in tokens:
        if token.type == "list_item_open" and token.level == 1:
            found.append("")
        elif token.type == "inline" and token.level > 1 and found:
            found[-1] = f"{found[-1]} {shown(token)}".strip()
    return found


def shown(inline: Token) -> str:
    """Return the text that a reader sees, on one line: with no marks but those of code."""
    parts = {"code_inline": "`{}`", "softbreak": " ", "hardbreak": " "}
    children = inline.children or []
    return "".join(parts.get(child.type, "{}").format(child.content) for child in children)


def rows(tokens: list[Token]) -> list[list[str]]:
    """Return the cells of all tables' rows, heads left out."""
    found: list[list[str]] = []
    is_body = False
    for place, token in enumerate(tokens):
        if token.type in {"tbody_open", "tbody_close"}:
            is_body = token.type == "tbody_open"
        elif token.type == "tr_open" and is_body:
            found.append([])
        elif token.type == "td_open":
            found[-1].append(tokens[place + 1].content)
    return found


def blocks(tokens: list[Token]) -> list[tuple[str, str, int]]:
    """Return the language, the text and the line of the file of each block of code."""
    return [
        (token.info.strip(), token.content, token.map[0] + 1)
        for token in tokens
        if token.type in {"fence", "code_block"} and token.map
    ]


def inline_code(text: str) -> Iterator[str]:
    """Yield what stands between backticks."""
    for token in _inline(text):
        if token.type == "code_inline":
            yield token.content


def broken_links(file: Path, root: Path) -> Iterator[str]:
    """Yield each link of a Markdown file that leads nowhere inside of the folder ``root``."""
    name = file.relative_to(root).as_posix()
    for target in dict.fromkeys(_links(file.read_text("utf-8"))):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        there = (file.parent / unquote(parts.path)).resolve() if parts.path else file.resolve()
        if not there.exists() or not there.is_relative_to(root.resolve()):
            yield f"{name}: the link {target} leads to no file."
        elif there.suffix == ".md" and parts.fragment:
            headings = anchors(there.read_text("utf-8"))
            if unquote(parts.fragment) not in headings:
                yield f"{name}: the link {target} leads to no heading."


def anchors(text: str) -> set[str]:
    """Return the names that links to headings have, made as GitHub makes them."""
    tokens = PARSER.parse(text)
    times: Counter[str] = Counter()
    found = set()
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            children = tokens[place + 1].children or []
            words = "".join(child.content for child in children)
            name = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            found.add(f"{name}-{times[name]}" if times[name] else name)
            times[name] += 1
    return found


def _links(text: str) -> Iterator[str]:
    for token in _inline(text):
        if token.type == "link_open":
            yield str(token.attrs["href"])
        elif token.type == "image":
            yield str(token.attrs["src"])
        elif token.type in {"html_inline", "html_block"}:
            yield from IN_HTML.findall(token.content)


def _inline(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or []
