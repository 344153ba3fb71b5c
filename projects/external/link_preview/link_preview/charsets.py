"""Bytes to text as browsers do it: https://encoding.spec.whatwg.org.

``encodings.json`` has the charset of each label, from the file of that name by the WHATWG, under
CC BY 4.0. A label means more than it says: gb2312 is GBK, iso-8859-1 is windows-1252.
"""

import codecs
import json
import re
from pathlib import Path

from .tags import attribute, parse

# What Python calls these, or calls the larger set that the standard means by the name.
CODECS = {
    "Big5": "big5hkscs",
    "EUC-KR": "cp949",
    "GBK": "gb18030",
    "ISO-2022-JP": "iso2022_jp_ext",
    "ISO-8859-8-I": "iso8859_8",
    "Shift_JIS": "cp932",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-user-defined": "cp1252",  # as in a <meta>; it was for bytes that are no text
}
MARKS = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16BE",
    codecs.BOM_UTF16_LE: "UTF-16LE",
}
LABEL = re.compile(r"charset\s*=\s*(?:[\"']\s*)?([^\s\"';,]{1,40})", re.IGNORECASE)
XML = re.compile(rb"<\?xml[^>]{0,200}\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
CHARSETS: dict[str, str] = json.loads(Path(__file__).with_name("encodings.json").read_text("utf-8"))
META_WITHIN = 1024  # bytes


def decode(body: bytes, content_type: str = "") -> str:
    """Turn the bytes of a page into text; what does not fit becomes U+FFFD.

    ``content_type`` is the header that came with it.
    """
    charset = charset_of(body, content_type)
    if charset == "replacement":  # hz-gb-2312 and the like, in which scripts could be hidden
        return "\ufffd"
    codec = CODECS.get(charset, charset)
    return body.decode(codec, errors="replace").removeprefix("\ufeff")


def charset_of(body: bytes, content_type: str = "") -> str:
    """Return the standard's name of the charset of a page.

    It is that of the first of these which says one: a byte order mark, the header, a ``<meta>`` in
    the first 1,024 bytes, an XML declaration. Else it is UTF-8 if it can be, and windows-1252 if
    not: guessing more goes wrong with short texts.
    """
    for mark, charset in MARKS.items():
        if body.startswith(mark):
            return charset
    named = _charset(_label(content_type)) or _declared(body[:META_WITHIN])
    if named is not None:
        return named
    try:
        # A body that was cut within a character is incomplete, not wrong.
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return "windows-1252"
    return "UTF-8"


def _charset(label: str) -> str | None:
    return CHARSETS.get(label.strip("\t\n\f\r ").lower())


def _label(text: str) -> str:
    """Return what stands behind ``charset=``."""
    found = LABEL.search(text)
    return found[1] if found else ""


def _declared(head: bytes) -> str | None:
    """Return the charset that the beginning of a page names."""
    labels = []
    for meta in parse(head.decode("latin-1")).find_all("meta"):
        labels.append(attribute(meta, "charset"))
        if attribute(meta, "http-equiv").lower() == "content-type":
            labels.append(_label(attribute(meta, "content")))
    if xml := XML.match(head):
        labels.append(xml[1].decode())
    for label in labels:
        charset = _charset(label)
        if charset in ("UTF-16BE", "UTF-16LE"):
            return "UTF-8"  # it was read as ASCII, whatever it says
        if charset is not None:
            return charset
    return None
