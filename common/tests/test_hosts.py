"""Hosts in one spelling, and what is none."""

import pytest

from common import hosts


@pytest.mark.parametrize(
    ("host", "normal"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("localhost", "localhost"),
        ("a_b.example", "a_b.example"),
        ("me-.surge.sh", "me-.surge.sh"),
        ("-me.example", "-me.example"),
        ("r3---sn-abc.example", "r3---sn-abc.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BU\u0308CHER.example", "xn--bcher-kva.example"),
        ("XN--Bcher-KVA.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("\uff11\uff12\uff17.0.0.1", "127.0.0.1"),
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "[2001:db8::1]"),
        (".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61]), None),
    ],
)
def test_host_has_one_spelling(host, normal):
    assert hosts.normal(host) == (normal or host)
    assert hosts.normal(hosts.normal(host).strip("[]")) == hosts.normal(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "a..b", ".a", "a b", "a/b", "exa%6dple.com", "a@b", "\x00", "a\ud800"),
        *(
            "xn--",
            "xn--a-",
            "xn--a",
            "xn--bcher-kva8450f.xn--",
            "xn--ls8h.la",
            "💩.la",
            "☃.example",
        ),
        *("ü_x.example", "a\uff0fb.example", "a" * 64, "ü" * 63),
        *("2130706433", "0x7f.1", "127.1", "127.0.0.01", "1.2.3.400", "127.0.0.0x1", "a.1"),
        *("::g", "[::1]", "::1%eth0"),
        ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 62]),
        "ü." * 200,
    ],
)
def test_what_is_no_host_is_refused(host):
    with pytest.raises(ValueError, match=r"^(is|names) "):
        hosts.normal(host)
