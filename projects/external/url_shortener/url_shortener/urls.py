"""Which URLs may be shortened, and the one way in which each is written down."""

import re
from collections.abc import Iterable
from urllib.parse import quote

from common import hosts

MAX_LENGTH = 2048
DEFAULT_PORTS = {"http": "80", "https": "443"}
MAX_PORT = 65_535
# Parsers silently drop tabs and line breaks, and browsers read "\" as "/": a check that reads the
# URL in another way than the browser checks nothing.
FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
# RFC 3986, appendix B. Not urlsplit, which forgets the sign of an empty query or fragment.
PARTS = re.compile(r"([^:/?#]+)://([^/?#]*)([^?#]*)(\?[^#]*|)(#.*|)")
AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]+))(?::([0-9]{0,5}))?")
# What browsers send without a percent sign (https://url.spec.whatwg.org/#percent-encoded-bytes).
PATH = "!$%&'()*+,/:;=@[]|"
QUERY = "!$%&()*+,/:;=?@[]^`{|}"
FRAGMENT = "!#$%&'()*+,/:;=?@[]^{|}"


def validate(url: str) -> str:
    """Return ``url`` as it is kept and sent to browsers, or say why it is refused.

    Allowed are ``http`` and ``https`` URLs of at most 2,048 characters (before and after)
    with a host, without user name and password, without white space, control characters and
    backslashes.

    Written down are scheme and host in lower case, the host without a dot at its end and as
    punycode (`host_and_port`), no port where it is the scheme's own, and in the rest percent signs
    for what browsers would not send as it stands (letters beyond ASCII, ``<``). Nothing else
    changes: an empty query and an empty fragment keep their sign.

    Raises:
        ValueError: with the reason, in words for the person who typed the URL.
    """
    if len(url) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH:,} characters")
    if FORBIDDEN.search(url):
        raise ValueError("contains white space, a control character or a backslash")
    match = PARTS.fullmatch(url)
    if match is None or match[1].lower() not in DEFAULT_PORTS:
        raise ValueError("must begin with http:// or https://")
    scheme = match[1].lower()
    authority, path, query, fragment = match.groups()[1:]
    if "@" in authority:
        raise ValueError("must not contain a user name or a password")
    host, port = host_and_port(authority)
    if port and port != DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    normal = f"{scheme}://{host}"
    normal += quote(path, PATH)
    normal += quote(query, QUERY)
    normal += quote(fragment, FRAGMENT)
    if len(normal) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH:,} characters once it is percent-encoded")
    return normal


def leads_to(url: str, own_hosts: Iterable[str]) -> bool:
    """Tell whether a validated URL leads to one of these, ``sho.rt`` or ``sho.rt:8080``.

    The port does not matter, and neither does how the host is spelt: a link to a link would go in
    circles.
    """
    host = host_of(url)
    return any(host_of(f"http://{own}") == host for own in own_hosts)


def host_and_port(authority: str) -> tuple[str, str]:
    """Split ``host`` or ``host:port``; the host comes in one spelling, the port "" without one.

    Raises:
        ValueError: there is no host, it is no name or address, or the port is no port.
    """
    if not authority:
        raise ValueError("needs a host, such as example.com")
    match = AUTHORITY.fullmatch(authority)
    if match is None:
        raise ValueError("has a malformed host or port")
    address, name, port = match.groups()
    if port and not 1 <= int(port) <= MAX_PORT:
        raise ValueError("has a port that is not between 1 and 65535")
    try:
        host = hosts.normal(address or name)
    except ValueError as error:
        raise ValueError(f"has a host that {error}") from error
    if host.startswith("[::ffff:"):
        raise ValueError("has a host that is an IPv4 address in a misleading spelling")
    return host, (port or "").lstrip("0")


def host_of(url: str) -> str:
    """Return the host of any URL in the spelling of `host_and_port`, or "" where it has none."""
    match = PARTS.fullmatch(url)
    if match is None:
        return ""
    try:
        return host_and_port(match[2])[0]
    except ValueError:
        return ""
