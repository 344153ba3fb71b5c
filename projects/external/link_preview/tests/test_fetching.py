"""What may be asked, how much of it is read, and a name server that lies."""

import ipaddress
import socket
import threading
from itertools import count, repeat

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.fetch import Refused, Rules
from link_preview import previews
from link_preview.fetching import (
    check_address,
    check_url,
    fetch_page,
    read_at_most,
)

# Addresses


REASONS = {
    "unspecified": ["0.0.0.0", "::"],  # noqa: S104  # nothing is bound
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.0", "172.16.0.1", "192.168.255.255", "fd00::1"],
    "link-local": ["169.254.169.254", "fe80::1"],
    "site-local": ["fec0::1"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "::7f00:1", "::ffff:0:7f00:1"],
    "not a public": ["100.64.0.1"],
    "protocols": ["192.0.0.9", "2001:1::1"],
    "6to4 relay": ["192.88.99.1"],
    "IPv4-mapped": ["::ffff:8.8.8.8", "::ffff:127.0.0.1"],
    "NAT64": ["64:ff9b::808:808", "64:ff9b:1::808:808"],
    "Teredo": ["2001:0:1::"],
    "6to4": ["2002:808:808::1"],
    "documentation": ["3fff::1"],
    "routers": ["5f00::1"],
}


@pytest.mark.parametrize(("kind", "addresses"), REASONS.items(), ids=REASONS.keys())
def test_address_that_is_not_public_is_refused_with_its_kind(kind, addresses):
    for address in addresses:
        with pytest.raises(Refused, match=f"leads to .*{kind}"):
            check_address(ipaddress.ip_address(address))


def test_public_address_passes():
    for address in ("8.8.8.8", "172.15.255.255", "172.32.0.0", "2606:4700::1111", "2a00:1450::1"):
        check_address(ipaddress.ip_address(address))


@settings(max_examples=40)
@given(st.ip_addresses(v=4))
def test_ipv4_address_passes_in_no_wrapping(address):
    number = int(address)
    for wrapped in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        with pytest.raises(Refused):
            check_address(ipaddress.IPv6Address(wrapped))


# URLs


WRITTEN = {
    "HTTP://Example.COM": "http://example.com/",
    "https://example.com.:443/a?b#c": "https://example.com/a?b",
    "http://bücher.example/ü?ü": "http://xn--bcher-kva.example/%C3%BC?%C3%BC",
    "http://[2606:4700:0::1111]/": "http://[2606:4700::1111]/",
    "http://example.com/a%20b%2F~": "http://example.com/a%20b%2F~",
    "http://127.0.0.1:8080/": "http://127.0.0.1:8080/",
    "https://example.com:8443/": "https://example.com:8443/",
    "http://\uff45xample.com/": "http://example.com/",
    "http://1.example.com/": "http://1.example.com/",
}
UNFIT = {
    "ftp://example.com/": "must begin with http",
    "http://me@example.com/": "user name",
    "http://example.com:22/": "asks port 22; allowed is 80 or 443",
    "http://example.com:0/": "asks port 0",
    "http://example.com:99999/": "malformed host or port",
    "http://127.0.0.1:8081/": "asks port 8081",
    "http://0x7f.1/": "misleading spelling",
    "http://1.2.3.4.5/": "misleading spelling",
    "http://example.1/": "misleading spelling",
    "http://[fe80::1%25lo]/": "names an interface",
    "http://exa%6dple.com/": "is no host name",
    "http://☃.example/": "is no host name",
    "http://example.com/\u2028": "white space",
    "http://example.com/" + "x" * 2030: "longer than 2,048",
    "http://example.com/" + "é" * 400: "longer than 2,048",
}


def test_url_is_written_in_one_way():
    for url, normal in WRITTEN.items():
        assert check_url(url, {80, 443, 8443}, {"127.0.0.1:8080"}) == normal
        assert check_url(normal, {80, 443, 8443}, {"127.0.0.1:8080"}) == normal


def test_url_is_refused_with_reason():
    for url, reason in UNFIT.items():
        with pytest.raises(Refused, match=reason):
            check_url(url, allow_hosts={"127.0.0.1:8080"})


# Size


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=20)), st.integers(1, 100))
def test_body_is_beginning_of_what_comes(chunks, limit):
    assert read_at_most(iter(chunks), limit) == b"".join(chunks)[:limit]


@pytest.mark.parametrize(("limit", "taken"), [(29, 3), (30, 3), (31, 4)])
def test_no_chunk_is_taken_once_limit_is_reached(limit, taken):
    numbers = count(1)
    chunks = (b"0123456789" for _ in iter(lambda: next(numbers), None))

    assert len(read_at_most(chunks, limit)) == limit
    assert next(numbers) == taken + 1


def test_reading_without_end_ends():
    assert len(read_at_most(repeat(b"x" * 1000), 1_000_000)) == 1_000_000


# Names


@pytest.fixture
def name_server():
    """A real DNS server on UDP: ``name_server(["127.0.0.3"], ["127.0.0.1"])`` says how it answers.

    The first question for an A gets the first list, the second one the second, and so on; the last
    one stays. Returned are the server's address and the list of the names that it was asked for.
    """
    responses, asked = [], []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))

        def serve():
            while (packet := listener.recvfrom(512))[0] != b"end":
                query = dns.message.from_wire(packet[0])
                [question] = query.question
                reply = dns.message.make_response(query)
                if not responses:
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                elif question.rdtype == dns.rdatatype.A:
                    found = responses.pop(0) if responses[1:] else responses[0]
                    asked.append(str(question.name))
                    reply.answer.append(dns.rrset.from_text(question.name, 0, "IN", "A", *found))
                listener.sendto(reply.to_wire(), packet[1])

        def start(*lists):
            responses[:] = lists
            return "127.0.0.1:{1}".format(*listener.getsockname()), asked

        thread = threading.Thread(target=serve)
        thread.start()
        yield start
        listener.sendto(b"end", listener.getsockname())
        thread.join()


@pytest.fixture
def port(upstream):
    """The port of a canary on 127.0.0.1, which nobody may reach."""
    return int(upstream.address.rpartition(":")[2])


def test_name_that_changes_its_address_after_check_reaches_nobody(
    client, name_server, upstream, port, restart, monkeypatch
):
    """DNS rebinding. 127.0.0.3 stands for a public address, so that no test leaves the machine."""
    server, asked = name_server(["127.0.0.3"], ["127.0.0.1"])
    restart(DNS_SERVER=server, ALLOWED_PORTS=str(port))
    checked = []

    def check(address):
        checked.append(str(address))
        if checked[-1] != "127.0.0.3":
            check_address(address)

    monkeypatch.setattr(previews, "check_address", check)
    response = client.get(f"/preview?url=http://rebind.example:{port}/")

    assert response.status_code == 502, "nobody is at the address that was checked"
    assert asked == ["rebind.example."], "a name is resolved once, or the check is worth nothing"
    assert checked == ["127.0.0.3"]
    assert upstream.requests == [], "the canary was reached"


def test_name_that_leads_inside_is_refused(client, name_server, upstream, port, restart):
    for addresses in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["10.0.0.7"]):
        server, _ = name_server(addresses)
        restart(DNS_SERVER=server, ALLOWED_PORTS=str(port))

        response = client.get(
            f"/preview?url=http://{len(addresses)}-{addresses[0]}.example:{port}/"
        )

        detail = f"leads to {addresses[-1]}, a "
        assert (response.status_code, response.json["detail"][: len(detail)]) == (422, detail)
    assert upstream.requests == [], "the canary was reached"


def test_body_is_read_where_header_says_html_or_nothing(upstream):
    for content_type, page, media_type in [
        ("", "\n<html>", ""),
        ("TEXT/HTML;charset=x", "<html>", "text/html"),
        ("application/xhtml+xml", "<html/>", "application/xhtml+xml"),
        ("nonsense <b>", "<html>", "application/octet-stream"),
    ]:
        upstream.answer("/", page, headers={"Content-Type": content_type})

        got = fetch_page(upstream.url("/"), Rules(), 1000)

        assert got.media_type == media_type
        assert (got.body is not None) == ("html" in media_type or not media_type)
