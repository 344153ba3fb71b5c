"""What a page says about itself: Open Graph, then Twitter, then JSON-LD, then plain HTML.

Open Graph: https://ogp.me. JSON-LD: https://schema.org.
"""

import codecs
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from charset_normalizer import from_bytes

# Where each field comes from: the first source that has a good value wins. "ld:" is JSON-LD, and
# "html:" what stands in plain HTML.
SOURCES = {
    "canonical_url": ("og:url", "html:canonical"),
    "title": ("og:title", "twitter:title", "ld:title", "html:title"),
    "description": ("og:description", "twitter:description", "ld:description", "description"),
    "image": ("og:image", "og:image:url", "twitter:image", "ld:image", "html:image_src"),
    "site_name": ("og:site_name", "ld:site_name", "application-name"),
    "type": ("og:type",),
    "favicon": ("html:icon",),
    "lang": ("og:locale", "ld:lang", "html:lang"),
}
LENGTHS = {"title": 300, "description": 1000, "site_name": 100, "type": 50}
MAX_URL = 2048
URL_FIELDS = ("canonical_url", "image", "favicon")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", re.IGNORECASE)
UNSAFE = re.compile(r"[^\w%/:@!$&'()*+,;=~?#\[\].-]", re.ASCII)

META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
META_WITHIN = 1024  # bytes, as browsers do
BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
DETECT_WITHIN = 16 * 1024  # bytes: detection is slow
# What pages are written in. Python knows more "charsets": zip, which unpacks bombs, or punycode.
CHARSETS = re.compile(
    r"utf-(8|16|16-le|16-be)|iso8859-\d+|cp(125\d|866|874|932|949)|koi8-[ru]|gb(k|2312|18030)"
    r"|big5(hkscs)?|euc_(jp|kr)|shift_jis|iso2022_jp|mac-roman"
)
FALLBACK = "cp1252"  # "latin-1" means this on the web


def extract(body: bytes, content_type: str, url: str) -> dict[str, str | None]:
    """Return what a page says about itself: a value or None for each field of ``SOURCES``.

    ``body`` is the page or its beginning, ``content_type`` the header that came with it (for its
    charset, see ``decode``) and ``url`` where it comes from.

    Each field has the first good value of its ``SOURCES``, in their order; ``read`` gives them by
    these names. Text is cleaned (``clean``) and cut to its ``LENGTHS``, ending in "…" where it was
    longer; empty text is no value. URLs become absolute by ``absolute``, against the page's
    ``<base>`` or else its ``url``; what that refuses is no value. A language looks like "en" or
    "pt-BR"; Open Graph writes "pt_BR".

    Without any value the ``canonical_url`` is ``url``, ``type`` is "website" as Open Graph has it,
    and ``favicon`` is where browsers look for it, /favicon.ico; the other fields are None.
    """
    facts = read(decode(body, content_type))
    base = absolute(facts.get("html:base", ""), url) or url
    found: dict[str, str] = {}
    for field, sources in SOURCES.items():
        for value in filter(None, map(facts.get, sources)):
            if good := _good(field, value, base):
                found[field] = good
                break
    usual = {"canonical_url": url, "type": "website", "favicon": urljoin(url, "/favicon.ico")}
    return dict.fromkeys(SOURCES) | usual | found


def _good(field: str, value: str, base: str) -> str | None:
    if field in URL_FIELDS:
        return absolute(value, base)
    text = clean(value)
    if field == "lang":
        text = text.replace("_", "-")
        return text if LANGUAGE.fullmatch(text) else None
    longest = LENGTHS[field]
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def clean(text: str) -> str:
    """Fold white space to single blanks, and leave out what no text has: controls, surrogates."""
    kept = (it for it in text if it.isspace() or unicodedata.category(it) not in ("Cc", "Cs"))
    return " ".join("".join(kept).split())


def absolute(link: str, base: str) -> str | None:
    """Return the http or https URL that ``link`` means on a page at ``base``, or None."""
    link = clean(link)
    if not link:
        return None
    try:
        parts = urlsplit(urljoin(base, link))
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            return None
    except ValueError:
        return None
    url = UNSAFE.sub(lambda found: quote(found[0]), parts.geturl())
    return url if len(url) <= MAX_URL else None


def decode(body: bytes, content_type: str = "") -> str:
    """Turn bytes into text, by the first of these that names a charset that pages have.

    The ``charset`` of the header, a byte order mark, a ``<meta>`` within the first 1,024 bytes. If
    there is none, it is UTF-8 if it can be, and else what charset-normalizer takes it for. What
    does not fit becomes U+FFFD.
    """
    charset = next(filter(None, map(_known, _named(body, content_type))), None) or _detect(body)
    return body.decode(charset, errors="replace").removeprefix("\ufeff")


def _named(body: bytes, content_type: str) -> Iterator[str]:
    if header := re.search(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", content_type, re.IGNORECASE):
        yield header[1]
    yield from (name for mark, name in BOMS.items() if body.startswith(mark))
    if meta := META_CHARSET.search(body[:META_WITHIN]):
        # A <meta> that can be read as ASCII is not in UTF-16, whatever it says.
        yield re.sub("^utf-?16.*", "utf-8", meta[1].decode("ascii", "replace"), flags=re.IGNORECASE)


def _known(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    if name in ("ascii", "iso8859-1"):
        return FALLBACK
    return name if CHARSETS.fullmatch(name) else None


def _detect(body: bytes) -> str:
    try:
        # The body may have been cut within a character: it is incomplete, not wrong.
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        guess = from_bytes(body[:DETECT_WITHIN]).best()
        return (guess and _known(guess.encoding)) or FALLBACK
    return "utf-8"


def read(html: str) -> dict[str, str]:
    """Return what the tags of a page say, by the names of ``SOURCES``; the first of a kind wins.

    It ends with the last complete tag: a page that was cut has what came before.
    """
    reader = _Reader()
    reader.feed(html)  # without close(), which is slow on purposely broken pages
    reader.note_json_ld()
    return reader.facts


class _Reader(HTMLParser):
    """Collects what pages say about themselves; it builds no tree, so depth costs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[str, str] = {}
        self._inside = ""
        self._text: list[str] = []
        self._json_ld: list[str] = []

    def note(self, name: str, value: str | None) -> None:
        """Keep the first value of a name, if there is any."""
        if value and value.strip():
            self.facts.setdefault(name, value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what stands in attributes."""
        said = {name: value or "" for name, value in reversed(attrs)}  # the first of a name wins
        if tag == "meta":
            for key in ("property", "name"):
                self.note(said.get(key, "").strip().lower(), said.get("content"))
        elif tag == "link":
            for kind in said.get("rel", "").lower().split():
                self.note(f"html:{kind}", said.get("href"))
        elif tag == "base":
            self.note("html:base", said.get("href"))
        elif tag == "html":
            self.note("html:lang", said.get("lang"))
        elif tag == "title" or said.get("type", "").strip().lower() == "application/ld+json":
            self._inside, self._text = tag, []

    def handle_data(self, data: str) -> None:
        """Keep text of the title and of JSON-LD."""
        if self._inside:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Note the title, or keep a piece of JSON-LD."""
        if tag == self._inside:
            text, self._inside = "".join(self._text), ""
            if tag == "title":
                self.note("html:title", text)
            else:
                self._json_ld.append(text)

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Skip ``<![…``: HTML has no marked sections, and the inherited method raises."""
        return self.parse_bogus_comment(i, bool(report))

    def note_json_ld(self) -> None:
        """Note what the first thing with a headline says, or else with a name."""
        things = list(_things(self._json_ld))
        for title in ("headline", "name"):
            for thing in things:
                if _text(thing.get(title)):
                    self.note("ld:title", _text(thing[title]))
                    self.note("ld:description", _text(thing.get("description")))
                    self.note("ld:image", _text(thing.get("image"), "url"))
                    self.note("ld:site_name", _text(thing.get("publisher"), "name"))
                    self.note("ld:lang", _text(thing.get("inLanguage")))
                    return


def _things(scripts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON-LD: one, a list of them, or those of a @graph."""
    for script in scripts:
        try:
            value = json.loads(script)
        except (ValueError, RecursionError):
            continue
        for thing in value if isinstance(value, list) else [value]:
            graph = thing.get("@graph") if isinstance(thing, dict) else None
            inner = graph if isinstance(graph, list) else [thing]
            yield from (it for it in inner if isinstance(it, dict))


def _text(value: Any, member: str = "") -> str | None:
    """Return a text of JSON-LD, which may stand in a list, or be a member of an object."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict) and member:
        value = value.get(member)
    return value if isinstance(value, str) else None
