"""The tree of a page is bounded, and what its tags say has names."""

from link_preview.tags import MOST_TAGS, parse, read


def said(page):
    """Return what a page says under each name; where there is no name or value, nothing is said."""
    return {name: values for name, values in read(page).items() if name and any(values)}


def test_all_that_is_said_has_name_and_stays_in_order():
    page = """<html lang="en"><base href="/x"><title>T</title><meta name="A" content="1">
        <meta property="a" content="2"><link rel="Shortcut  ICON icon" href="i">"""

    assert said(page) == {
        "html:lang": ["en"],
        "html:base": ["/x"],
        "html:title": ["T"],
        "a": ["1", "2"],
        "html:shortcut": ["i"],
        "html:icon": ["i"],
    }


def test_first_of_two_attributes_of_one_name_counts():
    assert said("<meta name=a content=1 content=2>") == {"a": ["1"]}


def test_tag_that_is_not_complete_says_nothing():
    assert said("<title>A</title><meta name=x content=y") == {"html:title": ["A"]}
    assert said("<title>A") == {}


def test_island_in_island_says_nothing_and_what_follows_does():
    page = "<svg><svg><title>a</title></svg><title>b</title></svg><title>c</title>"

    assert said(page) == {"html:title": ["c"]}


def test_tree_has_end():
    page = parse("<p>" * 2_000_000)

    assert len(page.find_all(True)) <= MOST_TAGS + 2, "html and body are added"


def test_text_that_looks_like_file_name_or_xml_is_no_warning():
    for page in ("", "index.html", "https://a.example/", '<?xml version="1.0"?><x/>', "\x00"):
        assert said(page) == {}
