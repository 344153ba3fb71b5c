import pytest


@pytest.fixture
def add(client):
    """Add a note: ``add("Buy oats")``."""
    return lambda text: client.post("/notes", json={"text": text})


@pytest.mark.story("add")
def test_new_note_is_first_in_list(client, add):
    add("first")
    add("second")

    assert [note["text"] for note in client.get("/notes").json] == ["second", "first"]


@pytest.mark.story("title")
@pytest.mark.parametrize(("text", "title"), [("one two", "one two"), ("x" * 30, "x" * 20)])
def test_title_is_made_of_first_words(add, text, title):
    assert add(text).json["title"] == title
