"""What is sent as a moment and as a date: by RFC 3339, in JSON and in a query alike."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from common.api import Day, Moment

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(hint, text):
    """Read a text as the value of JSON and of a query; both are the same."""
    as_json = TypeAdapter(hint).validate_json(f'"{text}"', strict=True)
    assert TypeAdapter(hint).validate_python(text) == as_json
    return as_json


def refuses(hint, text):
    for value in (lambda: read(hint, text), lambda: TypeAdapter(hint).validate_python(text)):
        with pytest.raises(ValidationError):
            value()


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01t12:00:00z",
        "2026-03-01T12:00:00.000+00:00",
        "2026-03-01T14:00:00+02:00",
        "2026-02-28T22:00:00-14:00",
    ],
)
def test_moment_comes_in_utc(text):
    moment = read(Moment, text)

    assert moment == NOON
    assert moment.utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    "text",
    [
        "1772323200",
        "1772323200.5",
        "-1",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00Z",
        "2026-03-01 12:00:00Z",
        " 2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00Z ",
        "2026-02-29T12:00:00Z",
        "2026-03-01T25:00:00Z",
        "2026-03-01T12:00:00+25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "\uff12\uff10\uff12\uff16-03-01T12:00:00Z",
        "now",
        "",
    ],
)
def test_what_is_no_moment_is_refused(text):
    refuses(Moment, text)


def test_date_is_a_date():
    assert read(Day, "2026-03-01") == date(2026, 3, 1)


@pytest.mark.parametrize(
    "text",
    ["1772323200", "2026-03-01T00:00:00", "2026-02-29", "2026-3-1", "20260301", "2026-W09-7", ""],
)
def test_what_is_no_date_is_refused(text):
    refuses(Day, text)


@pytest.mark.parametrize(("hint", "name"), [(Moment, "date-time"), (Day, "date")])
def test_document_names_the_format(hint, name):
    assert TypeAdapter(hint).json_schema() == {"type": "string", "format": name}
