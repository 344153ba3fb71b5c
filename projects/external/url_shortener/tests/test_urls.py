"""Which URLs pass, in which form, and that what passes is what browsers are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.utils import redirect

from url_shortener.routes import Redirect
from url_shortener.urls import host_and_port, host_of, leads_to, validate

PARTS = ["http://", "HTTPS://", "a.example", "ü.example", "[::1]", ":80", "/", "//", "?", "#", "@"]
PARTS += [
    "127.1",
    "%41",
    "\\",
    " ",
    "é",
    "\uff4c",
    "\u00ad",
    "\t",
    "\ud800",
    ".",
    "x",
]
messy_urls = st.lists(st.sampled_from(PARTS), max_size=10).map("".join)


@given(messy_urls)
def test_validated_url_is_stable_and_exactly_what_is_sent(url):
    try:
        valid = validate(url)
    except ValueError:
        return
    assert validate(valid) == valid
    sent = redirect(valid, 302, Redirect).get_wsgi_headers({})
    assert sent["Location"] == valid, "Werkzeug would send another URL than the one shown"
    assert valid.isascii()


@pytest.mark.parametrize(
    ("url", "valid"),
    [
        ("HTTPS://Example.COM/Path", "https://example.com/Path"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com:00080/", "http://example.com/"),
        ("http://example.com./", "http://example.com/"),
        ("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("http://example.com/é?é#é", "http://example.com/%C3%A9?%C3%A9#%C3%A9"),
        ("http://example.com/a%20b%2", "http://example.com/a%20b%2"),
        ("http://example.com/?a[]=<1>'", "http://example.com/?a[]=%3C1%3E%27"),
        ("http://example.com/{a}^[b]'|", "http://example.com/%7Ba%7D%5E[b]'|"),
        ("http://example.com/?a?b#c#d?e", "http://example.com/?a?b#c#d?e"),
        ("https://matrix.to/#/#room:x", "https://matrix.to/#/#room:x"),
        ("https://a.example/?", "https://a.example/?"),
        ("https://a.example/#", "https://a.example/#"),
        ("https://a.example?#", "https://a.example?#"),
        ("https://a.example/?#x", "https://a.example/?#x"),
        ('https://a.example/#"<`é>{|}^', "https://a.example/#%22%3C%60%C3%A9%3E{|}^"),
        ("https://me-.surge.sh/", "https://me-.surge.sh/"),
        ("https://-a.example/", "https://-a.example/"),
        ("https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example/"),
        ("http://example.com//a/../b", "http://example.com//a/../b"),
    ],
)
def test_url_is_written_in_one_way(url, valid):
    assert validate(url) == valid


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mailto:me@example.com", "must begin with http"),
        ("https://me@example.com/", "must not contain a user name"),
        ("https:/example.com", "must begin with http"),
        ("https:///example.com", "needs a host"),
        ("https://example.com/\u00a0", "contains white space"),
        ("https://example.com/\u2028", "contains white space"),
        ("https://example.com/\x85", "contains white space"),
        ("https://example.com/\ud800", "contains white space, a control character"),
        ("https://example.com:0/", "port that is not between"),
        ("https://example.com:65536/", "port that is not between"),
        ("https://example.com:123456/", "malformed host or port"),
        ("https://example.com:\uff18\uff10/", "malformed host or port"),
        ("https://a[::1]/", "malformed host or port"),
        ("https://[fe80::1%25eth0]/", "malformed host or port"),
        ("https://exa%6dple.com/", "has a host that is"),
        ("https://xn--a/", "has a host that is"),
        ("https://xn--ls8h.la/", "has a host that is"),
        ("https://💩.la/", "has a host that is"),
        (f"https://{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 62}/", "has a host that is"),
        ("https://☃.example/", "has a host that is"),
        ("https://a\uff0fb.example/", "has a host that is"),
        ("https://2130706433/", "a host that is an address in a misleading spelling"),
        ("https://0x7f.1/", "has a host that is"),
        ("https://127.0.0.0x1/", "has a host that is"),
        ("https://ü_x.example/", "has a host that is"),
        ("https://[::ffff:127.0.0.1]/", "is an IPv4 address in a misleading spelling"),
        ("https://127.1/", "has a host that is"),
        ("https://127.0.0.01/", "has a host that is"),
        ("https://1.2.3.400/", "has a host that is"),
    ],
)
def test_refusal_gives_reason(url, reason):
    with pytest.raises(ValueError, match=reason):
        validate(url)


def test_longest_port_and_name_pass():
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])

    assert host_and_port(f"{name}:65535") == (name, "65535")
    assert host_and_port("a.example:1") == ("a.example", "1")


@pytest.mark.parametrize(("length", "passes"), [(2048, True), (2049, False)])
def test_length_is_that_of_what_is_sent(length, passes):
    url = "http://a.example/é".ljust(length - 5, "x")  # é becomes %C3%A9

    if passes:
        assert len(validate(url)) == length
    else:
        with pytest.raises(ValueError, match="once it is percent-encoded"):
            validate(url)


def test_url_of_greatest_length_passes():
    url = "http://a.example/".ljust(2048, "x")

    assert validate(url) == url


def test_length_is_that_of_what_was_given_too():
    url = "http://a.example:80/".ljust(2049, "x")  # 2,046 without the port

    with pytest.raises(ValueError, match="is longer than 2,048 characters"):
        validate(url)


@pytest.mark.parametrize(
    ("own", "url"),
    [
        ("sho.rt", "http://sho.rt:8080/"),
        ("sho.rt:8080", "http://sho.rt/"),
        ("SHO.RT", "https://sho.rt./"),
        ("xn--bcher-kva.example", "http://bücher.example/"),
        ("bücher.example", "http://BÜCHER.example:1/"),
        ("127.0.0.1:5000", "http://127.0.0.1/"),
        ("127.0.0.1:5000", "http://\uff11\uff12\uff17.0.0.1/"),
        ("[::1]:5000", "http://[0:0::1]/"),
    ],
)
def test_own_host_is_known_in_every_spelling(own, url):
    assert leads_to(validate(url), ["", "other.example", own])


def test_host_that_only_contains_own_one_is_another():
    assert not leads_to("https://not-sho.rt/", ["sho.rt"])
    assert not leads_to("https://sho.rt.example/", ["sho.rt", ""])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.example:8443/a?b", "news.example"),
        ("android-app://com.example.mail/", "com.example.mail"),
        ("https://me@news.example/", ""),
        ("about:blank", ""),
        ("", ""),
        ("https://[", ""),
        ("https://\x00/", ""),
    ],
)
def test_host_of_referrer(url, host):
    assert host_of(url) == host
