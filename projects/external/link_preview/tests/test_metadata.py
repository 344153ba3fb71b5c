"""Reading pages that mean well, and pages that do not."""

import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link_preview.metadata import absolute, clean, extract

TAGS = [
    '<meta property="og:title" content="', '<meta name=description content=', '">', "<title>",
    "</title>", "<!--", "-->", "<![CDATA[", "<![foo", "<!doctype", "<?php", "&#xD800;", "&amp;",
    "&#0;", '<script type="application/ld+json">', "</script>", '{"@type": "Book", "name": "',
    '"\\ud800"', "[[", '<link rel="icon" href="', "http://[", "<base href=", "\x00", "é", " ", "<",
    "/", "<?xml version='1.0' encoding='x'?>", "<svg>", "<template>", "</svg>", "\ufeff", "<html",
]  # fmt: skip
messy_pages = st.lists(st.sampled_from(TAGS), max_size=30).map("".join)
HOSTILE = {
    "brackets": "<" * 5_000_000,
    "open tags": "<a " * 1_700_000,
    "deep": "<div>" * 1_000_000,
    "formatting": "<p><b><i>" * 500_000,
    "drawings": "<svg>" * 1_000_000,
    "drawings side by side": "<svg></svg>" * 500_000,
    "comments": "<!--" * 1_200_000,
    "CDATA": "<![CDATA[" * 500_000,
    "attributes": "<meta " + "a=b " * 1_200_000 + ">",
    "white space": "<title>" + " " * 5_000_000 + "</title>",
    "titles": "<title>x</title>" * 300_000,
    "relations": f'<link rel="{"icon " * 500_000}" href=" {"x" * 2_500_000}">',
    "bad images": '<meta property="og:image" content="data:x">' * 100_000,
    "JSON": '<script type="application/ld+json">' + "[" * 5_000_000 + "</script>",
    "articles": (
        f"<title>{'a' * 2_000_000}b</title>"
        f'<script type="application/ld+json">[{"{}," * 800_000}1]</script>'
    ).replace("{}", '{"@type":"Book","name":"' + "a" * 40 + 'c"}', 30_000),
}  # fmt: skip


@settings(max_examples=40)
@given(messy_pages)
def test_no_page_hurts_and_all_it_says_can_be_sent(page):
    found = asdict(extract(page.encode(), "text/html", "http://a.example/b"))

    json.dumps(found, ensure_ascii=False).encode()
    assert "\0" not in "".join(filter(None, found.values()))


@settings(max_examples=40)
@given(st.text())
def test_clean_text_stays_as_it_is(text):
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE.keys())
def test_page_made_to_be_slow_is_not(page):
    begin = time.process_time()

    extract(page.encode(), "text/html", "http://a.example/")

    assert time.process_time() - begin < 3, "time should grow with the length, not its square"


def test_link_becomes_absolute_url_or_none():
    for link, url in [
        ("HTTPS://a.example/x", "https://a.example/x"),
        ("?q=1", "http://b.example/dir/page?q=1"),
        ("a\nb", "http://b.example/dir/a%20b"),
        ("<x>", "http://b.example/dir/%3Cx%3E"),
        ("mailto:me@a.example", None),
        ("http://me@a.example/", None),
        ("http:/x", None),
        ("https://", None),
        ("http://a.example:x/", None),
        ("x" * 3000, None),
        ("", None),
    ]:
        assert absolute(link, "http://b.example/dir/page") == url, link


def test_base_that_is_no_url_is_passed_over():
    page = b'<base href="javascript:x"><link rel="canonical" href="y">'

    assert extract(page, "text/html", "http://a.example/b/").canonical_url == "http://a.example/b/y"
