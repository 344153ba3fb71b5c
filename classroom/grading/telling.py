"""What the grader's pytest tells of a test."""

import pytest

from .backend import Hang, NoAnswer

SHOWN = 4000  # characters of any text from a test


def story_of(item: pytest.Item) -> str:
    """Return the id of the story that a test belongs to."""
    mark = item.get_closest_marker("story")
    return str(mark.args[0]) if mark else ""


def hint(item: pytest.Item) -> str:
    """Return a test's docstring, or its name as a sentence."""
    function = getattr(item, "function", None)
    text = getattr(function, "__doc__", None)
    if not text:
        name = item.name.partition("[")[0].removeprefix("test_")
        words_of_name = name.replace("_", " ")
        text = f"{words_of_name[:1].upper()}{words_of_name[1:]}."
    return " ".join(text.split())


def words(error: pytest.ExceptionInfo[BaseException]) -> str:
    """Return what failed: an assertion in its own words, else the exception with its name."""
    if error.errisinstance((AssertionError, Hang, NoAnswer)):
        return str(error.value) or "A condition of the test does not hold."
    return error.exconly()


def plain(text: str) -> str:
    """Return text of bounded length that can be encoded."""
    return text[:SHOWN].encode("utf-8", "replace").decode("utf-8")
