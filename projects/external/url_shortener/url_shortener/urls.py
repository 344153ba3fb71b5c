"""Which URLs may be shortened, and the one way in which each is written down."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit, urlunsplit

import idna

MAX_LENGTH = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORT = 65_535
MAX_HOST_LENGTH = 253  # RFC 1035, without the final dot
# urlsplit silently drops tabs and line breaks, and browsers read "\" as "/": a check that
# reads the URL in another way than the browser checks nothing.
FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
HOST_AND_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]+))(?::([0-9]{0,5}))?")
PATH, QUERY = "%/:@!$&'()*+,;=", "%/:@!$&'()*+,;=?"  # what needs no percent sign there
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def validate(url: str, own_hosts: Iterable[str] = ()) -> str:
    """Return ``url`` as it is kept and sent to browsers, or say why it is refused.

    Allowed are ``http`` and ``https`` URLs of at most 2,048 characters (before and after)
    with a host, without user name and password, without white space, control characters and
    backslashes. The host is none of ``own_hosts`` (``sho.rt`` or ``sho.rt:8080``; the port
    does not matter), in whatever spelling: a link to a link would go in circles.

    Written down are scheme and host in lower case, the host without a dot at its end and as
    punycode, no port where it is the scheme's own, and in the rest percent signs for what RFC
    3986 does not allow to stand there (letters beyond ASCII, quotes). Nothing else changes.

    Raises:
        ValueError: with the reason, in words for the person who typed the URL.
    """
    if len(url) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH:,} characters")
    if FORBIDDEN.search(url):
        raise ValueError("contains white space, a control character or a backslash")
    try:
        scheme, authority, path, query, fragment = urlsplit(url)
    except ValueError as error:  # each Python finds other faults in brackets
        raise ValueError("has a malformed host or port") from error
    if scheme not in DEFAULT_PORTS:
        raise ValueError("must begin with http:// or https://")
    if "@" in authority:
        raise ValueError("must not contain a user name or a password")
    host, port = host_and_port(authority)
    if host in {host_and_port(own)[0] for own in own_hosts if own}:
        raise ValueError("leads to this service itself")
    if port not in (None, DEFAULT_PORTS[scheme]):
        host = f"{host}:{port}"
    path, query, fragment = quote(path, PATH), quote(query, QUERY), quote(fragment, QUERY)
    normal = urlunsplit((scheme, host, path, query, fragment))
    if len(normal) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH:,} characters once it is percent-encoded")
    return normal


def host_and_port(authority: str) -> tuple[str, int | None]:
    """Split ``host`` or ``host:port``; the host comes back in the one spelling we compare.

    Raises:
        ValueError: there is no host, it is no name or address, or the port is no port.
    """
    if not authority:
        raise ValueError("needs a host, such as example.com")
    match = HOST_AND_PORT.fullmatch(authority)
    if match is None:
        raise ValueError("has a malformed host or port")
    address, name, port = match.groups()
    if port and not 1 <= int(port) <= MAX_PORT:
        raise ValueError("has a port that is not between 1 and 65535")
    try:
        host = _ipv6(address) if address else _name_or_ipv4(name)
    except ValueError as error:
        raise ValueError(f"has a malformed host: {error}") from error
    return host, int(port) if port else None


def host_of(url: str) -> str:
    """Return the host of any URL in the spelling of `host_and_port`, or "" where it has none."""
    try:
        return host_and_port(urlsplit(url).netloc)[0]
    except ValueError:
        return ""


def _ipv6(address: str) -> str:
    number = ipaddress.IPv6Address(address)
    if number.ipv4_mapped:
        raise ValueError("an IPv4 address is written without ::ffff:")
    return f"[{number}]"


def _name_or_ipv4(name: str) -> str:
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode()
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if NUMBER.fullmatch(labels[-1]):
        # Browsers take 2130706433, 0x7f.1 and 127.1 for 127.0.0.1; one spelling is enough.
        return str(ipaddress.IPv4Address(name))
    if len(name) > MAX_HOST_LENGTH or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"{name!r} is no host name")
    return name
