"""Requests to a real server that is slow, endless, broken or leads astray."""

import gzip
import ipaddress
import socket
import threading
import zlib
from itertools import repeat

import pytest

from common import fetch
from common.fetch import Refused, Rules, TimedOut, TooLarge, TooManyRedirects, Unreachable
from common.testing.upstream import Upstream

QUICK = Rules(total_timeout=0.3, connect_timeout=0.3)


@pytest.fixture
def upstream():
    """A server."""
    server = Upstream(socket.create_server(("127.0.0.1", 0), backlog=64))
    yield server
    server.end()


@pytest.fixture
def say():
    """Serve these bytes, as they are, to whoever connects, and then hang: ``url = say(b"…")``."""
    opened = []

    def serve(data, end=False):
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def one():
            connection, _ = listener.accept()
            opened.append(connection)
            connection.recv(10_000)
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=one)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    threads = []
    yield serve
    for thread in threads:
        thread.join()
    for it in opened:
        it.close()


def test_answer_has_status_headers_body_and_url(upstream):
    upstream.answer("/x", {"a": 1}, status=201, headers={"X-Y": "z"})

    got = fetch.get(upstream.url("/x"), params={"q": "ä b"}, headers={"X-Key": "k"})

    assert (got.status, got.headers["x-y"], got.body) == (201, "z", b'{"a": 1}')
    assert got.url == upstream.url("/x?q=%C3%A4+b")
    [asked] = upstream.requests
    assert (asked.method, asked.path, asked.query) == ("GET", "/x", {"q": "ä b"})
    assert asked.headers["X-Key"] == "k"


def test_json_is_posted(upstream):
    fetch.send("POST", upstream.url("/x"), json={"a": [1]})

    assert (upstream.requests[0].method, upstream.requests[0].json) == ("POST", {"a": [1]})


def test_error_of_the_other_side_is_an_answer(upstream):
    upstream.answer("/x", "no", status=503)

    assert fetch.get(upstream.url("/x")).status == 503


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_followed(upstream, status):
    upstream.answer("/a/b", status=status, headers={"Location": "../c?d"})
    upstream.answer("/c", "here")

    got = fetch.get(upstream.url("/a/b"))

    assert (got.body, got.url) == (b"here", upstream.url("/c?d"))


def test_body_of_a_redirect_is_not_read(upstream):
    upstream.answer("/a", repeat(b"x" * 1000), status=302, headers={"Location": "/b"})
    upstream.answer("/b", "here")

    assert fetch.get(upstream.url("/a"), rules=QUICK).body == b"here", "it has no end"


def test_cookie_of_a_redirect_is_sent_back(upstream):
    headers = {"Location": "/b", "Set-Cookie": "seen=1; Path=/"}
    upstream.answer("/a", status=302, headers=headers)

    fetch.get(upstream.url("/a"))

    assert upstream.requests[1].headers["Cookie"] == "seen=1"


@pytest.mark.parametrize(("redirects", "follows"), [(3, True), (2, False)])
def test_redirects_end(upstream, redirects, follows):
    for number in range(3):
        upstream.answer(f"/{number}", status=302, headers={"Location": f"/{number + 1}"})
    upstream.answer("/3", "here")

    if follows:
        assert fetch.get(upstream.url("/0"), rules=Rules(redirects=redirects)).body == b"here"
    else:
        with pytest.raises(TooManyRedirects, match="more than 2 times"):
            fetch.get(upstream.url("/0"), rules=Rules(redirects=redirects))
        assert len(upstream.requests) == 3


@pytest.mark.parametrize(("method", "rules"), [("POST", Rules()), ("GET", Rules(redirects=0))])
def test_redirect_that_is_not_followed_is_the_answer(upstream, method, rules):
    upstream.answer("/a", status=302, headers={"Location": "/b"})

    assert fetch.send(method, upstream.url("/a"), rules=rules).status == 302


def test_secrets_do_not_follow_to_another_host(upstream):
    away = upstream.url("/b").replace("127.0.0.1", "localhost")
    upstream.answer("/a", status=302, headers={"Location": away})

    fetch.get(
        upstream.url("/a"), headers={"authorization": "secret", "COOKIE": "a=b", "X-Mine": "1"}
    )

    first, second = upstream.requests
    assert (first.headers["Authorization"], first.headers["Cookie"]) == ("secret", "a=b")
    assert "Authorization" not in second.headers
    assert "Cookie" not in second.headers
    assert second.headers["X-Mine"] == "1"


def test_secrets_follow_on_the_same_host_and_the_query_does_not(upstream):
    upstream.answer("/a", status=302, headers={"Location": "/b"})

    fetch.get(upstream.url("/a"), params={"q": "1"}, headers={"Authorization": "secret"})

    assert upstream.requests[1].headers["Authorization"] == "secret"
    assert upstream.requests[1].query == {}


def test_body_at_the_limit_passes_and_one_byte_more_does_not(upstream):
    upstream.answer("/x", b"x" * 1000)

    assert len(fetch.get(upstream.url("/x"), max_bytes=1000).body) == 1000
    with pytest.raises(TooLarge, match="larger than 999 bytes"):
        fetch.get(upstream.url("/x"), max_bytes=999)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_limit_is_that_of_the_decompressed_body(upstream, coding):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress}[coding]
    upstream.answer("/small", pack(b"x" * 1000), headers={"Content-Encoding": coding})
    upstream.answer("/bomb", pack(bytes(20_000_000)), headers={"Content-Encoding": coding})

    assert fetch.get(upstream.url("/small")).body == b"x" * 1000
    with pytest.raises(TooLarge):
        fetch.get(upstream.url("/bomb"))


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "x"])
def test_body_in_a_coding_that_was_not_asked_for_is_no_answer(upstream, coding):
    upstream.answer("/x", b"\x8b\x02\x80", headers={"Content-Encoding": coding})

    with fetch.stream("GET", upstream.url("/x")) as answer:
        assert answer.status == 200, "the status says something without the body"
        with pytest.raises(Unreachable, match="not asked for"):
            next(answer.chunks)


def test_name_of_a_coding_is_read_in_any_case(upstream):
    for coding in ("GZip", "x-gzip"):
        upstream.answer("/x", gzip.compress(b"x"), headers={"Content-Encoding": coding})

        assert fetch.get(upstream.url("/x")).body == b"x", coding


def test_bomb_comes_in_small_pieces(upstream):
    bomb = gzip.compress(gzip.compress(bytes(100_000_000)))
    upstream.answer("/bomb", bomb, headers={"Content-Encoding": "gzip, gzip"})

    with fetch.stream("GET", upstream.url("/bomb")) as answer:
        assert [len(next(answer.chunks)) for _ in range(3)] == [fetch.client.CHUNK] * 3


def test_endless_body_ends_at_the_limit(upstream):
    upstream.answer("/x", repeat(b"x" * 1000))

    with pytest.raises(TooLarge):
        fetch.get(upstream.url("/x"))


def test_body_is_not_read_before_it_is_asked_for(upstream):
    upstream.answer("/x", upstream.stall(b"first"))

    with fetch.stream("GET", upstream.url("/x")) as answer:
        assert answer.status == 200


def test_answer_that_does_not_come_is_timed_out(upstream):
    with upstream.hold(), pytest.raises(TimedOut, match="took too long"):
        fetch.get(upstream.url("/x"), rules=QUICK)


def test_body_that_stalls_is_timed_out(upstream):
    upstream.answer("/x", upstream.stall(b"first"))

    with pytest.raises(TimedOut):
        fetch.get(upstream.url("/x"), rules=QUICK)


def test_each_byte_in_time_is_no_reason_to_wait_for_ever(upstream):
    tick = threading.Event()

    def drip():
        while not tick.wait(0.02):
            yield b"x"

    upstream.answer("/x", drip())

    with pytest.raises(TimedOut):
        fetch.get(upstream.url("/x"), rules=QUICK)
    tick.set()


def test_headers_that_do_not_end_are_timed_out(say):
    url = say(b"HTTP/1.1 200 OK\r\nX-Y: ")

    with pytest.raises(TimedOut):
        fetch.get(url, rules=QUICK)


def test_tls_that_does_not_begin_is_timed_out(say):
    url = say(b"").replace("http", "https")

    with pytest.raises(TimedOut):
        fetch.get(url, rules=QUICK)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-OpenSSH_10\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
    ],
    ids=["nothing", "SSH", "short", "chunks", "gzip", "headers"],
)
def test_broken_answer_has_a_reason(say, data):
    with pytest.raises(Unreachable) as caught:
        fetch.get(say(data, end=True))
    assert 10 < len(str(caught.value)) < 80


@pytest.mark.parametrize(
    "target",
    [b"http://[", b"/caf\xe9", b"http://a:b/", b"https:///x", b"http://a:99999/", b"http://*.a/"],
)
def test_redirect_to_what_is_no_url_is_a_broken_answer(say, target):
    url = say(b"HTTP/1.1 302 Found\r\nLocation: %b\r\n\r\n" % target, end=True)

    with pytest.raises(Unreachable, match="no URL"):
        fetch.get(url)


def test_redirect_to_another_scheme_is_refused(say):
    url = say(b"HTTP/1.1 302 Found\r\nLocation: ftp://example.com/\r\n\r\n", end=True)

    with pytest.raises(Refused, match="no http or https URL"):
        fetch.get(url)


def test_location_in_utf_8_is_followed(upstream):
    upstream.answer("/a", status=302, headers={"Location": "/é".encode().decode("latin-1")})
    upstream.answer("/%C3%A9", "here")

    assert fetch.get(upstream.url("/a")).body == b"here"


def test_port_that_nobody_listens_at_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unreachable, match=f"accepts no connection at port {port}"):
        fetch.get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url", ["", "x", "file:///etc/passwd", "ftp://a/", "http://", "http://a:b/", "http://[::1/"]
)
def test_what_is_no_url_is_refused(url):
    with pytest.raises(Refused, match="no http or https URL"):
        fetch.get(url)


def test_name_that_does_not_exist_is_unreachable():
    with pytest.raises(Unreachable, match=r"nowhere\.invalid cannot be resolved"):
        fetch.get("http://nowhere.invalid/", rules=Rules(resolve=fetch.system_addresses))


def test_system_resolves_names():
    assert "127.0.0.1" in fetch.system_addresses("localhost", 5)


def test_resolver_that_takes_too_long_is_timed_out(monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait() and [])

    with pytest.raises(TimedOut, match="not resolved in time"):
        fetch.get("http://slow.example/", rules=QUICK)
    ended.set()


def test_name_server_that_is_silent_is_timed_out():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolve = fetch.addresses_from("127.0.0.1:{1}".format(*silent.getsockname()))
        with pytest.raises(TimedOut, match="not resolved in time"):
            resolve("slow.example", 0.2)


def test_name_server_that_is_not_there_resolves_nothing():
    with pytest.raises((Unreachable, TimedOut)):
        fetch.addresses_from("127.0.0.1:1")("a.example", 0.3)


@pytest.mark.parametrize("server", ["dns.example:53", "127.0.0.1", "[::1]"])
def test_name_server_is_set_by_address_and_port(server):
    with pytest.raises(ValueError, match="should match pattern"):
        fetch.FetchSettings(dns_server=server)


def test_rules_of_the_configuration():
    settings = fetch.FetchSettings(allow_hosts="a:1,b:2", total_timeout=2, dns_server="[::1]:53")
    config = {name.upper(): value for name, value in settings.model_dump().items()}

    rules = fetch.Rules.of(config, redirects=1)

    assert (rules.allow_hosts, rules.total_timeout) == ({"a:1", "b:2"}, 2)
    assert (rules.connect_timeout, rules.redirects) == (3, 1)
    assert rules.resolve is not fetch.system_addresses


# The guard


def no(value):
    raise Refused(f"not {value}")


def test_url_is_checked_before_anything_is_done(upstream):
    with pytest.raises(Refused, match="not http"):
        fetch.get(upstream.url("/x"), rules=Rules(check_url=no, resolve=no))
    assert upstream.requests == []


def test_every_url_of_a_redirect_is_checked(upstream):
    upstream.answer("/a", status=302, headers={"Location": "/b"})
    seen = []

    fetch.get(upstream.url("/a"), rules=Rules(check_url=seen.append))

    assert seen == [upstream.url("/a"), upstream.url("/b")]


def test_every_address_is_checked_before_one_is_asked(upstream):
    port = upstream.address.rpartition(":")[2]
    seen = []

    def check(address):
        seen.append(str(address))
        if address == ipaddress.ip_address("::1"):
            no(address)

    rules = Rules(check_address=check, resolve=lambda *_: ["127.0.0.1", "::1", "127.0.0.1"])
    with pytest.raises(Refused, match="not ::1"):
        fetch.get(f"http://name.example:{port}/", rules=rules)
    assert seen == ["127.0.0.1", "::1"]
    assert upstream.requests == []


def test_connection_is_made_to_the_address_that_was_checked(upstream):
    port = upstream.address.rpartition(":")[2]
    asked = []

    def resolve(name, _seconds):
        asked.append(name)
        return ["127.0.0.1"]

    fetch.get(f"http://name.example:{port}/", rules=Rules(resolve=resolve))

    assert asked == ["name.example"], "a name is resolved once"
    assert upstream.requests[0].headers["Host"] == f"name.example:{port}"


def test_next_address_is_tried_when_one_does_not_answer(upstream):
    port = upstream.address.rpartition(":")[2]
    rules = Rules(resolve=lambda *_: ["127.0.0.2", "127.0.0.1"])

    assert fetch.get(f"http://name.example:{port}/", rules=rules).status == 404


def test_allowed_host_is_not_checked(upstream):
    rules = Rules(check_url=no, check_address=no, allow_hosts={upstream.address})

    assert fetch.get(upstream.url("/x"), rules=rules).status == 404


@pytest.mark.parametrize(
    "address",
    [
        *["0.0.0.0", "127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"],  # noqa: S104
        *["255.255.255.255", "192.0.2.1", "::", "::1", "fd00::1", "fe80::1", "ff02::1"],
        *["::ffff:8.8.8.8", "64:ff9b::808:808", "2001:0:1::", "2002:808:808::1"],
    ],
)
def test_address_that_is_not_public_is_refused(address):
    with pytest.raises(Refused, match=r"^leads to .*, outside of the public internet$"):
        fetch.check_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.0", "2606:4700::1111"])
def test_public_address_passes(address):
    fetch.check_public(ipaddress.ip_address(address))


def test_request_with_the_plain_policy_does_not_reach_this_machine(upstream):
    with pytest.raises(Refused, match=r"leads to 127\.0\.0\.1"):
        fetch.get(upstream.url("/x"), rules=Rules(check_address=fetch.check_public))
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://127.0.0.1/", True),
        ("https://127.0.0.1/", False),
        ("http://127.0.0.1:81/", False),
        ("http://me@127.0.0.1/", False),
        ("http://127.0.0.1:x/", False),
        ("ftp://127.0.0.1/", False),
        ("http://LOCALHOST:8/", True),
        ("http://[::1]:8/", True),
        ("http://127.0.0.2/", False),
    ],
)
def test_allowed_are_host_and_port_together(url, is_allowed):
    hosts = {"127.0.0.1:80", "localhost:8", "[::1]:8"}

    assert fetch.is_allowed(url, hosts) is is_allowed


@pytest.mark.parametrize("value", ["127.0.0.1", "http://a:1", "a:b", "a:1,b", "::1:80"])
def test_setting_that_is_no_host_and_port_is_refused(value):
    with pytest.raises(ValueError, match="is not host:port"):
        fetch.FetchSettings(allow_hosts=value)


def test_setting_is_written_in_one_way():
    assert fetch.FetchSettings(allow_hosts=" A:1, [::1]:2 ,").allow_hosts == "a:1,[::1]:2"


def test_proxies_of_the_environment_are_not_used(upstream, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")

    assert fetch.get(upstream.url("/x")).status == 404


# The fixture


def test_upstream_answers_by_a_function_of_the_request(upstream):
    upstream.answer("/echo", lambda asked: {"said": asked.query["say"]})
    upstream.answer("/busy", lambda _: upstream.reply("later", 429, {"Retry-After": "3"}))

    assert fetch.get(upstream.url("/echo?say=hi")).body == b'{"said": "hi"}'
    busy = fetch.get(upstream.url("/busy"))
    assert (busy.status, busy.headers["Retry-After"]) == (429, "3")


def test_upstream_holds_answers_until_they_are_released(upstream):
    got = []
    ask = threading.Thread(target=lambda: got.append(fetch.get(upstream.url("/x")).status))
    with upstream.hold():
        ask.start()
        upstream.wait(1)
        assert got == []
    ask.join()
    assert got == [404]
