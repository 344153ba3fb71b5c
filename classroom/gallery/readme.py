"""A project's README as safe HTML: links that work inside the gallery, diagrams drawn as text."""

import re
from collections.abc import Callable, Sequence
from html import escape
from itertools import zip_longest

import nh3
import termaid
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

ATTRIBUTES = {
    "*": {"id", "class"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "figure": {"role", "aria-label"},
}

LAYOUTS = ((2, 24), (1, 20), (1, 16))
"""Of a diagram: padding in its boxes and width of a label; the first that fits is taken."""
COLUMNS = 72


def render(markdown: str, link: Callable[[str], str | None]) -> str:
    """Return HTML; ``link`` maps a relative address to one of the gallery, or to None: no link."""
    tokens = _parser.parse(markdown)
    _adjust(tokens, link)
    html: str = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=nh3.ALLOWED_TAGS | {"figure", "figcaption"}, attributes=ATTRIBUTES)


def _adjust(tokens: Sequence[Token], link: Callable[[str], str | None]) -> None:
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.type == "heading_open" and following is not None:
            token.attrSet("id", _anchor(following.content))
        if token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs = {"class": str(token.attrs["style"]).replace("text-align:", "align-")}
        for name in ("href", "src"):
            address = str(token.attrs.get(name, ""))
            if address and not re.match(r"[a-z][a-z0-9+.-]*:|#|//", address, re.IGNORECASE):
                target = link(address)
                token.attrs = {key: value for key, value in token.attrs.items() if key != name}
                if target is not None:
                    token.attrSet(name, target)
        _adjust(token.children or [], link)


def _anchor(heading: str) -> str:
    """Return the heading's id as code hosting sites make it: ``Watch out`` → ``watch-out``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _fence(
    _renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object
) -> str:
    language, source = tokens[index].info.strip().split(" ")[0], tokens[index].content
    if language == "mermaid":
        drawing = _drawing(source)
        if drawing:
            figure = '<figure class="diagram" role="img" aria-label="Diagram">'
            return f"{figure}<pre>{escape(drawing)}</pre></figure>\n"
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    code = highlight(source, lexer, HtmlFormatter(nowrap=True))
    return f"<pre><code>{code}</code></pre>\n"


def _drawing(source: str) -> str | None:
    """Draw a Mermaid diagram in box characters; None where the renderer does not understand it."""
    drawing = ""
    for padding, width in LAYOUTS:
        try:
            drawing = termaid.render(source, padding_x=padding, padding_y=1, max_label_width=width)
        except Exception:  # noqa: BLE001  # it raises what it likes; the source can be read too
            return None
        if max(map(len, drawing.splitlines()), default=0) <= COLUMNS:
            break
    return drawing.strip("\n") or None


_parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_parser.add_render_rule("fence", _fence)
