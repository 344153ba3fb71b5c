"""A project's README as safe HTML: links that work inside the gallery, diagrams drawn as text."""

import re
from collections.abc import Callable, Sequence
from html import escape

import nh3
import termaid
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

Link = Callable[[str], str | None]
"""Maps a relative address to one of the gallery, or to None: no link."""
ATTRIBUTES = {
    "*": {"id", "class"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "figure": {"role", "aria-label"},
}
TAGS = nh3.ALLOWED_TAGS | {"figure", "figcaption"}

LAYOUTS = ((2, 24), (1, 20), (1, 16))
"""Of a diagram: padding in its boxes and width of a label; the first that fits is taken."""
COLUMNS = 72
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.IGNORECASE)


def render(markdown: str, link: Link) -> str:
    """Return HTML."""
    tokens = _parser.parse(markdown)
    _adjust(tokens, link)
    html: str = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES)


def _adjust(tokens: Sequence[Token], link: Link) -> None:
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[place + 1]
            token.attrSet("id", _anchor(heading.content))
        if token.type in {"th_open", "td_open"} and "style" in token.attrs:
            style = str(token.attrs["style"])
            token.attrs = {"class": style.replace("text-align:", "align-")}
        for name in ("href", "src"):
            _follow(token, name, link)
        _adjust(token.children or [], link)


def _follow(token: Token, name: str, link: Link) -> None:
    """Let a relative address lead to where it is in the gallery, or nowhere."""
    address = str(token.attrs.get(name, ""))
    if not address or ELSEWHERE.match(address):
        return
    target = link(address)
    if target is None:
        del token.attrs[name]
    else:
        token.attrSet(name, target)


def _anchor(heading: str) -> str:
    """Return the heading's id as code hosting sites make it: ``Watch out`` → ``watch-out``."""
    letters = re.sub(r"[^\w\- ]", "", heading.lower())
    return letters.replace(" ", "-")


def _fence(
    _renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object
) -> str:
    fence = tokens[index]
    language, _, _ = fence.info.strip().partition(" ")
    source = fence.content
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
        if all(len(line) <= COLUMNS for line in drawing.splitlines()):
            break
    return drawing.strip("\n") or None


_parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_parser.add_render_rule("fence", _fence)
