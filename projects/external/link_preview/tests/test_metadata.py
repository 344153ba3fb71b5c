"""Reading pages that mean well, and pages that do not."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link_preview.metadata import absolute, clean, decode, extract, read

TAGS = [
    '<meta property="og:title" content="', '<meta name=description content=', '">', "<title>",
    "</title>", "<!--", "-->", "<![CDATA[", "<![foo", "<!doctype", "<?php", "&#xD800;", "&amp;",
    "&#0;", '<script type="application/ld+json">', "</script>", '{"name": "', '"\\ud800"', "[[",
    '<link rel="icon" href="', "http://[", "<base href=", "\x00", "é", " ", "<", "/",
]  # fmt: skip
messy_pages = st.lists(st.sampled_from(TAGS), max_size=30).map("".join)


@settings(max_examples=40)
@given(messy_pages)
def test_no_page_hurts_and_all_it_says_can_be_sent(page):
    found = extract(page.encode(), "text/html", "http://a.example/b")

    json.dumps(found, ensure_ascii=False).encode()
    assert "\0" not in "".join(filter(None, found.values()))


@settings(max_examples=40)
@given(st.binary(max_size=60), st.sampled_from(["", "text/html; charset=utf-16", "charset=gbk"]))
def test_bytes_of_every_kind_become_text(body, content_type):
    assert isinstance(decode(body, content_type), str)


@settings(max_examples=40)
@given(st.text())
def test_clean_text_stays_as_it_is(text):
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "page",
    [
        "<" * 250_000,
        "<a " * 80_000,
        "<!--" * 60_000,
        "<![CDATA[" * 50_000,
        "<meta " + "a=b " * 60_000,
        "<title>" + " " * 250_000,
        '<script type="application/ld+json">' + "[" * 200_000 + "</script>",
    ],
    ids=["brackets", "tags", "comments", "CDATA", "attributes", "white space", "JSON"],
)
def test_page_made_to_be_slow_is_not(page):
    begin = time.process_time()

    extract(page.encode(), "text/html", "http://a.example/")

    assert time.process_time() - begin < 3, "time should grow with the length, not its square"


def test_header_wins_over_byte_order_mark_and_this_over_meta():
    page = "\ufeff<meta charset=koi8-r>é".encode()

    assert decode(page, "text/html; charset=cp1252").endswith("Ã©")
    assert decode(page, "text/html").endswith(">é")


@pytest.mark.parametrize("cut", range(1, 4))
def test_utf_8_that_is_cut_within_a_character_is_still_utf_8(cut):
    assert decode("Grüße 🎂".encode()[:-cut]).startswith("Grüße ")


def test_meta_is_believed_where_the_bytes_could_be_much_else():
    assert decode(b"<meta charset=iso-8859-15>5 \xa4").endswith("5 €")


@pytest.mark.parametrize("name", ["iso-8859-1", "latin1", "us-ascii"])
def test_what_says_latin_1_is_read_as_browsers_do(name):
    assert decode("5 € é".encode(), f"text/html; charset={name}") == "5 â\u201a¬ Ã©"


def test_meta_that_says_utf_16_is_wrong():
    assert decode("<meta charset=utf-16>é".encode()).endswith("é")


def test_meta_beyond_its_place_does_not_count():
    page = " " * 1024 + "<meta charset=koi8-r>"

    assert decode(page.encode() + "é".encode()).endswith("é")


def test_tag_that_is_not_complete_says_nothing():
    assert read("<title>A</title><meta name=x content=y") == {"html:title": "A"}


def test_link_becomes_an_absolute_url_or_none():
    for link, url in [
        ("HTTPS://a.example/x", "https://a.example/x"),
        ("?q=1", "http://b.example/dir/page?q=1"),
        ("a\nb", "http://b.example/dir/a%20b"),
        ("<x>", "http://b.example/dir/%3Cx%3E"),
        ("mailto:me@a.example", None),
        ("http://me@a.example/", None),
        ("x" * 3000, None),
        ("", None),
    ]:
        assert absolute(link, "http://b.example/dir/page") == url


def test_json_ld_says_the_language():
    page = '<script type="application/ld+json">{"name": "Fisch", "inLanguage": "de"}</script>'

    assert extract(page.encode(), "text/html", "http://a.example/")["lang"] == "de"
