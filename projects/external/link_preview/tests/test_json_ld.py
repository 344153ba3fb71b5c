"""What JSON-LD says, and of what."""

import json

import pytest

from link_preview.json_ld import read


@pytest.mark.parametrize(
    "kind",
    ["Article", "NewsArticle", "WebPage", "ProfilePage", "schema:Recipe", "https://schema.org/Book",
     ["Thing", "BlogPosting"], "VideoGame", "TVEpisode", "CreativeWorkSeries"],
)  # fmt: skip
def test_page_or_work_counts(kind):
    assert read([json.dumps({"@type": kind, "name": "N"})], "")["title"] == "N"


@pytest.mark.parametrize(
    "kind", ["Organization", "Person", "WebSite", "ItemList", "Comment", "WebPageElement", "", None]
)
def test_what_is_neither_does_not(kind):
    assert not any(read([json.dumps({"@type": kind, "name": "N"})], "N").values())


def test_thing_that_page_title_names_is_main_one():
    things = [
        {"@type": "WebPage", "name": "Home"},
        {"@type": "Article", "headline": "Other", "description": "2"},
        {"@type": "Article", "headline": "Long form", "name": " CATS ", "description": "3"},
    ]

    found = read([json.dumps(things)], "All about cats – The Daily")  # noqa: RUF001

    assert (found["title"], found["description"]) == ("CATS", "3")


def test_language_is_told():
    assert read(['{"@type": "Book", "name": "Fisch", "inLanguage": "de"}'], "")["lang"] == "de"


def test_things_come_from_several_scripts():
    scripts = ["nonsense", '{"@type": "WebSite", "name": "S"}', '{"@type": "Book", "name": "B"}']

    assert read(scripts, "")["title"] == "B"
