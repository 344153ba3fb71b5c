"""What the tags of a page say, by name.

Beautiful Soup with lxml reads HTML as browsers do. ``html.parser`` does not, and its answers change
with the version of Python: it cuts a title at ``<``.
"""

from collections import defaultdict

from bs4 import BeautifulSoup, Tag

from . import json_ld

MOST_TAGS = 50_000  # of a page: each costs 10 µs and half a kilobyte
# What stands in these is not said of the page: a <title> in <svg> is that of a drawing.
ISLANDS = ["svg", "template"]

Facts = defaultdict[str, list[str]]


def read(html: str) -> Facts:
    """Return all that the tags of a page say: the values of each name, in their order.

    Names are those of ``<meta>``, such as ``og:title``, in lower case; ``html:…`` is what stands in
    other tags (``html:title``, ``html:lang``, ``html:base`` and each ``rel`` of ``<link>``), and
    ``ld:…`` what JSON-LD says.
    """
    facts: Facts = defaultdict(list)
    scripts = []
    page = parse(html)
    inside_islands = _inside_islands(page)
    for tag in page.find_all(["html", "base", "title", "meta", "link", "script"]):
        if id(tag) in inside_islands:
            continue
        match tag.name:
            case "html":
                facts["html:lang"].append(attribute(tag, "lang"))
            case "base":
                facts["html:base"].append(attribute(tag, "href"))
            case "title":
                facts["html:title"].append(tag.get_text())
            case "meta":
                content = attribute(tag, "content")
                facts[attribute(tag, "property").lower()].append(content)
                facts[attribute(tag, "name").lower()].append(content)
            case "link":
                href = attribute(tag, "href")
                for kind in set(attribute(tag, "rel").lower().split()):
                    facts[f"html:{kind}"].append(href)
            case "script":
                kind = attribute(tag, "type").lower()
                if kind == "application/ld+json":
                    scripts.append(tag.get_text())
    page_title = " ".join(facts["html:title"])
    for name, value in json_ld.read(scripts, page_title).items():
        facts[f"ld:{name}"].append(value)
    return facts


def parse(html: str) -> BeautifulSoup:
    """Return the tree of a page, or of as much of it as is bounded and whole.

    It ends with the last tag that is complete: a page that was cut has what came before.
    """
    pieces = html.split("<", MOST_TAGS)
    html = "<".join(pieces[:MOST_TAGS])
    whole = html[: html.rfind(">") + 1]
    # With a doctype, Beautiful Soup warns of no text that looks like a file name or XML.
    return BeautifulSoup("<!doctype html>" + whole, "lxml", multi_valued_attributes=None)


def attribute(tag: Tag, name: str) -> str:
    """Return the value of an attribute, or an empty text."""
    value = tag.get(name)
    return value.strip() if isinstance(value, str) else ""


def _inside_islands(page: BeautifulSoup) -> set[int]:
    """Return the ``id`` of every tag in an island: each is walked once, however they are nested."""
    inside: set[int] = set()
    for island in page.find_all(ISLANDS):
        if id(island) not in inside:
            inside.update(id(tag) for tag in island.find_all(True))
    return inside
