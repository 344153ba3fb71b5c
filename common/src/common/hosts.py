"""Hosts of URLs, in the one spelling in which they are compared, asked and shown."""

import re
from ipaddress import IPv4Address, IPv6Address

import idna

MAX_LENGTH = 253  # RFC 1035, without the dot at the end
# Looser than RFC 1123, as browsers and DNS are: people have hosts with "_", and with "-" at an end.
LABEL = re.compile(r"[a-z0-9_-]{1,63}")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def normal(host: str) -> str:
    """Return a host as DNS and URLs have it.

    A name comes in lower case, without the dot at its end, and as punycode (IDNA 2008, by the
    mapping of UTS 46): ``Bücher.example.`` is ``xn--bcher-kva.example``. What is punycode already
    must be that of a name. An IPv6 address, given without its brackets, comes with them.

    Raises:
        ValueError: it is none. The text is a predicate: "is no host name".
    """
    if ":" in host:
        return _ipv6(host)
    if len(host) > MAX_LENGTH + 1:
        raise ValueError("is too long")
    if not host.isascii():
        host = _mapped(host)
    labels = host.lower().removesuffix(".").split(".")
    if NUMBER.fullmatch(labels[-1]):
        return _ipv4(".".join(labels))
    name = ".".join(_label(label) for label in labels)
    if len(name) > MAX_LENGTH:
        raise ValueError("is too long")
    return name


def _ipv6(host: str) -> str:
    try:
        address = IPv6Address(host)
    except ValueError as error:
        raise ValueError("is no IPv6 address") from error
    if address.scope_id is not None:
        raise ValueError("names an interface of one machine")
    return f"[{address}]"


def _ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except ValueError as error:  # browsers take 2130706433, 0x7f.1 and 127.1 for 127.0.0.1
        raise ValueError("is an address in a misleading spelling") from error


def _mapped(host: str) -> str:
    try:
        return idna.uts46_remap(host, std3_rules=False)
    except ValueError as error:  # idna's errors are ValueErrors
        raise ValueError("is no host name") from error


def _label(label: str) -> str:
    try:
        if label.startswith("xn--") or not label.isascii():
            label = idna.alabel(idna.ulabel(label)).decode()
    except ValueError as error:
        raise ValueError("is no host name") from error
    if not LABEL.fullmatch(label):
        raise ValueError("is no host name")
    return label
