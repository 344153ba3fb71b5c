"""What JSON-LD says about a page, in the words of https://schema.org."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

# Types of pages and works. An Organization, a Person, a WebSite or a BreadcrumbList is not what a
# page is about, though most pages have one.
PAGE_OR_WORK = re.compile(
    r"\w*(Application|Article|Book|Episode|Game|Page|Posting|Recording|Series|SourceCode|Work)"
    r"|Blog|Chapter|ComicStory|Course|Dataset|DigitalDocument|Guide|HowTo|LearningResource|Legislation"
    r"|Map|Movie|MusicAlbum|MusicComposition|MusicPlaylist|Painting|Photograph|Play|Poster|Quiz|Recipe"
    r"|Report|Sculpture|SheetMusic|ShortStory|Thesis|VideoObject|VisualArtwork"
)

LONGEST_TITLE = 1000  # characters of a <title> that are looked through

Thing = dict[str, Any]


def read(scripts: Iterable[str], page_title: str) -> dict[str, str]:
    """Return the title, description, image, site_name and lang of what the page is about.

    ``scripts`` are the texts of its ``<script type="application/ld+json">``; what is no JSON is
    passed over. ``page_title`` is the text of its ``<title>``, which tells what the page itself is
    from what else there is. What is not said is empty.
    """
    things = []
    for script in scripts:
        for thing in _things(script):
            if _is_page_or_work(thing):
                things.append(thing)
    main, title = _main(things, page_title)
    return {
        "title": title,
        "description": _text(main.get("description")),
        "image": _text(main.get("image"), "url"),
        "site_name": _text(main.get("publisher"), "name"),
        "lang": _text(main.get("inLanguage")),
    }


def _things(script: str) -> Iterator[Thing]:
    """Yield the objects of a script: one, a list of them, or those of a @graph."""
    try:
        value = json.loads(script, strict=False)  # raw line breaks in texts are common
    except (ValueError, RecursionError):
        return
    for thing in _list(value):
        if isinstance(thing, dict):
            for part in _list(thing.get("@graph", thing)):
                if isinstance(part, dict):
                    yield part


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_page_or_work(thing: Thing) -> bool:
    """Tell by the @type, such as "Article", "schema:Article" or "http://schema.org/Article"."""
    for kind in _list(thing.get("@type")):
        if isinstance(kind, str) and PAGE_OR_WORK.fullmatch(re.split("[/:#]", kind)[-1]):
            return True
    return False


def _main(things: list[Thing], page_title: str) -> tuple[Thing, str]:
    """Return what the page is about, and its title; nothing of either if there is no title.

    It is the first thing with a title that stands in the page's own. Else it is the first one with
    a headline, or with a name.
    """
    page_title = _folded(page_title[:LONGEST_TITLE])
    for thing in things:
        for key in ("headline", "name"):
            title = _text(thing.get(key))
            if title and _folded(title) in page_title:
                return thing, title
    for key in ("headline", "name"):
        for thing in things:
            title = _text(thing.get(key))
            if title:
                return thing, title
    return {}, ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _text(value: Any, member: str = "") -> str:
    """Return a text, which may stand in a list or be a member of an object; "" for what is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get(member)
    # JSON has no entities; its authors write them.
    return html.unescape(value).strip() if isinstance(value, str) else ""
