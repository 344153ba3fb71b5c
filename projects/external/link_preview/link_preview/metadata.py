"""What a page says about itself: Open Graph, then Twitter, then JSON-LD, then plain HTML.

Open Graph: https://ogp.me. Twitter: https://developer.x.com/en/docs/x-for-websites/cards.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from common.api import fold

from .charsets import decode
from .tags import read

# Where each field comes from: the first source that has a good value wins; the names are those of
# ``tags.read``.
SOURCES = {
    "canonical_url": ["og:url", "html:canonical"],
    "title": ["og:title", "twitter:title", "ld:title", "html:title"],
    "description": ["og:description", "twitter:description", "ld:description", "description"],
    "image": [
        "og:image",
        "og:image:url",
        "og:image:secure_url",
        "twitter:image",
        "twitter:image:src",
        "ld:image",
        "html:image_src",
    ],
    "site_name": ["og:site_name", "ld:site_name", "application-name"],
    "type": ["og:type"],
    "favicon": ["html:icon"],
    "lang": ["og:locale", "ld:lang", "html:lang"],
}
LENGTHS = {"title": 300, "description": 1000, "site_name": 100, "type": 50}  # characters
MAX_URL = 2048
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", re.IGNORECASE)
UNSAFE = re.compile(r"[^\w%/:@!$&'()*+,;=~?#\[\].-]", re.ASCII)  # in a URL
# Controls that are no white space, those that turn the direction of what stands beside the text,
# and halves of pairs, which JSON can hold and UTF-8 cannot.
NO_TEXT = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


@dataclass
class Card:
    """What a page says about itself; None is what it does not say."""

    canonical_url: str
    favicon: str
    type: str = "website"
    title: str | None = None
    description: str | None = None
    image: str | None = None
    site_name: str | None = None
    lang: str | None = None


def extract(body: bytes, content_type: str, url: str) -> Card:
    """Return what a page says about itself.

    ``body`` is the page or its beginning, ``content_type`` the header that came with it (for its
    charset, see ``charsets.decode``) and ``url`` where it comes from.

    Each field has the first good value of its ``SOURCES``, in their order, and of each source in
    the order of the page. Text is cleaned (``clean``) and cut to its ``LENGTHS``, ending in "…"
    where it was longer; empty text is no value. URLs become absolute by ``absolute``, against the
    page's first ``<base>`` or else its ``url``; what that refuses is no value, and the page is not
    its own image or icon. A language looks like "en" or "pt-BR"; Open Graph writes "pt_BR".

    Without any value the ``canonical_url`` is ``url`` without its fragment, ``type`` is "website"
    as Open Graph has it, and ``favicon`` is where browsers look for it, /favicon.ico; the other
    fields are None.
    """
    facts = read(decode(body, content_type))
    url = urldefrag(url).url
    base = url
    for href in facts["html:base"][:1]:
        base = absolute(href, url) or url
    card = Card(canonical_url=url, favicon=urljoin(url, "/favicon.ico"))
    for field, sources in SOURCES.items():
        said = []
        for source in sources:
            said += facts[source]
        for text in said:
            value = _good(field, text, base, url)
            if value:
                setattr(card, field, value)
                break
    return card


def _good(field: str, said: str, base: str, url: str) -> str | None:
    """Return a value as it is told, or None if it is no good."""
    text = clean(said)
    if field in LENGTHS:
        return _shortened(text, LENGTHS[field])
    if field == "lang":
        language = text.replace("_", "-")
        return language if LANGUAGE.fullmatch(language) else None
    link = absolute(text, base)
    if field != "canonical_url" and link is not None:
        without_fragment = urldefrag(link).url
        return None if without_fragment in (url, base) else link
    return link


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[: longest - 1].rstrip() + "…"


def clean(text: str) -> str:
    """Fold white space to single blanks and leave out ``NO_TEXT``; "" if nothing can be seen."""
    text = " ".join(NO_TEXT.sub("", text).split())
    return text if fold(text) else ""


def absolute(link: str, base: str) -> str | None:
    """Return the http or https URL that ``link`` means on a page at ``base``, or None."""
    link = clean(link)
    try:
        given = urlsplit(link)
        parts = urlsplit(urljoin(base, link))
        _ = parts.port  # raises ValueError if it is none
    except ValueError:
        return None
    # "http://" alone has a scheme and no host; urljoin takes it for the page itself.
    if not link or (given.scheme and not given.netloc):
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    url = UNSAFE.sub(lambda found: quote(found[0]), parts.geturl())
    return url if len(url) <= MAX_URL else None
