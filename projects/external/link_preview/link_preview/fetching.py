"""Fetch a page that a stranger chose, without harm: to the network around us, or to ourselves.

The connection itself is the work of ``common.fetch``: it resolves a name once, asks
``check_address`` about every address, and connects to no other one. What may be asked, and how
much of the answer is read, is decided here.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import quote, urlsplit, urlunsplit

from common import fetch, hosts
from common.fetch import Address, FetchError, Refused, Rules

MAX_URL = 2048
WEB_PORTS = frozenset({80, 443})
HTML = {"text/html", "application/xhtml+xml", ""}  # what has no type at all is tried
SUCCESS = range(200, 300)
UNKNOWN_TYPE = "application/octet-stream"
HEADERS = {
    "User-Agent": "flask-45-link-preview/1.0",
    "Accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
}

# urlsplit silently drops tabs and line breaks, and browsers read "\" as "/".
FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
PATH = "%/:@!$&'()*+,;=~"  # what needs no percent sign there
QUERY = "%/:@!$&'()*+,;=~?"  # nor here
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")

# Refused besides the kinds below: IPv6 addresses in which an IPv4 address is wrapped, which a
# router or the system may unpack; and networks that count as global though routers answer there.
SPECIAL = {
    "0.0.0.0/32": "an unspecified address",
    "::/128": "an unspecified address",
    "::ffff:0:0/96": "an IPv4-mapped address",
    "64:ff9b::/96": "a NAT64 address",
    "64:ff9b:1::/48": "a NAT64 address",
    "2001::/32": "a Teredo address",
    "2002::/16": "a 6to4 address",
    "192.0.0.0/24": "an address of protocols",
    "192.88.99.0/24": "a 6to4 relay",
    "2001::/23": "an address of protocols",
    "3fff::/20": "an address of documentation",
    "5f00::/16": "an address of routers",
}
KINDS = ("loopback", "link_local", "multicast", "reserved", "private", "site_local")


class BadStatus(FetchError):
    """The other side answered with something else than success."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answered with the status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Page:
    """What has been fetched. ``body`` is None for what is no HTML, and ``size`` else."""

    url: str
    media_type: str
    content_type: str
    body: bytes | None = None
    size: int | None = None


def check_address(address: Address) -> None:
    """Refuse an address that does not belong to the public internet.

    Public is what ``address.is_global`` says (the IANA registries of special-purpose addresses,
    RFC 6890), except what is one of ``KINDS``, such as ``address.is_multicast``, and what lies in
    one of ``SPECIAL``: there, an IPv6 address in which an IPv4 address is wrapped is refused
    whatever that IPv4 address is.

    Raises:
        Refused: with the reason, such as "leads to 127.0.0.1, a loopback address".
    """
    for network, what in SPECIAL.items():
        if address in ip_network(network):
            raise Refused(f"leads to {address}, {what}")
    for kind in KINDS:
        if getattr(address, f"is_{kind}", False):
            raise Refused(f"leads to {address}, a {kind.replace('_', '-')} address")
    if not address.is_global:
        raise Refused(f"leads to {address}, which is not a public address")


def read_at_most(chunks: Iterable[bytes], limit: int) -> bytes:
    """Return the first ``limit`` bytes of what comes, or all of it where that is less.

    ``chunks`` may have no end: no more of them are taken than are needed, none once ``limit`` is
    reached, and at no time is more kept than ``limit`` and one chunk.
    """
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) >= limit:
            break
    return bytes(body[:limit])


def check_url(
    url: str, ports: Collection[int] = WEB_PORTS, allow_hosts: Collection[str] = ()
) -> str:
    """Return ``url`` in the one spelling in which it is fetched and remembered, or refuse it.

    Allowed are ``http`` and ``https`` URLs of at most 2,048 characters with a host, at one of
    ``ports`` or at a ``host:port`` of ``allow_hosts``, without user name and password, white space,
    control characters and backslashes. An IPv4 address has four decimal numbers: 2130706433,
    0x7f.1, 127.1 and 0177.0.0.1 are refused. International names become punycode. The fragment
    is left out, for it is never sent.

    Raises:
        Refused: with the reason, in words for the person who typed the URL.
    """
    if FORBIDDEN.search(url):
        raise Refused("contains white space, a control character or a backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("has a malformed host or port") from error
    if parts.scheme not in fetch.DEFAULT_PORTS:
        raise Refused("must begin with http:// or https://")
    if "@" in parts.netloc:
        raise Refused("must not contain a user name or a password")
    if not parts.hostname:
        raise Refused("needs a host, such as example.com")
    try:
        host = hosts.normal(parts.hostname)
    except ValueError as error:
        raise Refused(f"has a host that {error}") from error
    authority = host
    default_port = fetch.DEFAULT_PORTS[parts.scheme]
    if port is None:
        port = default_port
    if port != default_port:
        authority = f"{host}:{port}"
    if port not in ports and f"{host}:{port}" not in allow_hosts:
        allowed = " or ".join(str(number) for number in sorted(ports))
        raise Refused(f"asks port {port}; allowed is {allowed}")
    path = quote(parts.path, PATH) or "/"
    query = quote(parts.query, QUERY)
    normal = urlunsplit((parts.scheme, authority, path, query, ""))
    if len(normal) > MAX_URL:
        raise Refused(f"is longer than {MAX_URL:,} characters")
    return normal


def fetch_page(url: str, rules: Rules, max_bytes: int) -> Page:
    """Fetch a page; of what is no HTML, the headers alone.

    Raises:
        FetchError: there is no answer, or (BadStatus) no good one.
    """
    with fetch.stream("GET", url, headers=HEADERS, rules=rules) as answer:
        if answer.status not in SUCCESS:
            raise BadStatus(answer.status)
        content_type = answer.headers.get("Content-Type", "")
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type in HTML:
            body = read_at_most(answer.chunks, max_bytes)
            return Page(answer.url, media_type, content_type, body)
        if not MEDIA_TYPE.fullmatch(media_type):
            media_type = UNKNOWN_TYPE
        return Page(answer.url, media_type, content_type, size=_size(answer.headers))


def _size(headers: Mapping[str, str]) -> int | None:
    """Return how many bytes there are, if that is said."""
    length = headers.get("Content-Length", "")
    if "Content-Encoding" in headers or not re.fullmatch("[0-9]{1,15}", length):
        return None
    return int(length)
