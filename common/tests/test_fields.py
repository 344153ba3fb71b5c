"""What is sent as a text, a moment, a sum …: one answer for each, in JSON and in a query alike."""

import sys
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from common import clock
from common.api import (
    Cents,
    Day,
    DayRange,
    Email,
    Future,
    Line,
    Moment,
    Schema,
    Sort,
    Text,
    TextOrEmpty,
    TimeZone,
    fold,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon():
    clock.set_to(NOON)
    yield
    clock.reset()


def read(hint, value):
    """Read a value of JSON and of a query; both are the same."""
    adapter = TypeAdapter(hint)
    as_json = adapter.validate_json(TypeAdapter(str).dump_json(value), strict=True)
    assert adapter.validate_python(value) == as_json
    return as_json


def refuses(hint, value):
    adapter = TypeAdapter(hint)
    with pytest.raises(ValidationError):
        adapter.validate_json(TypeAdapter(str).dump_json(value), strict=True)
    with pytest.raises(ValidationError) as refusal:
        adapter.validate_python(value)
    return refusal.value.errors()[0]["msg"]


# --- one line, several lines

INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\xad", "\u3164", "\u2800", "\ufe0f"]
DIRECTIONS = ["\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"]


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("Tea", "Tea"),
        ("  Tea with Bob\u3000", "Tea with Bob"),
        ("a  b", "a  b"),
        ("x" * 80, "x" * 80),
        ("\u202f" + "x" * 80, "x" * 80),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("نمی\u200cشود", "نمی\u200cشود"),
    ],
)
def test_line_comes_without_spaces_at_its_ends(sent, line):
    assert read(Annotated[Line, Field(max_length=80)], sent) == line


@pytest.mark.parametrize("hint", [Line, Text], ids=["line", "text"])
@pytest.mark.parametrize(
    "blank", ["", "   ", "\u3000\xa0", *INVISIBLE, "\U000e0041", " \u200b \ufeff "]
)
def test_blank_text_is_refused(hint, blank):
    assert refuses(hint, blank) == "Value error, is blank"


@pytest.mark.parametrize("hint", [Line, Text, TextOrEmpty], ids=["line", "text", "or_empty"])
@pytest.mark.parametrize(
    "character", ["\0", "\a", "\b", "\v", "\f", "\x1b", "\x1f", "\x7f", "\x85", *DIRECTIONS]
)
def test_controls_are_refused_wherever_they_stand(hint, character):
    for text in (f"a{character}b", f"{character}a", f"a{character}"):
        assert "has a" in refuses(hint, text)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\t", "\u2028", "\u2029"])
def test_line_is_one(end):
    refuses(Line, f"a{end}b")
    refuses(Line, f"a{end}")


@pytest.mark.parametrize("hint", [Line, Text, TextOrEmpty], ids=["line", "text", "or_empty"])
def test_half_a_surrogate_pair_is_refused(hint):
    with pytest.raises(ValidationError):
        TypeAdapter(hint).validate_json(rb'"a\ud800"')
    with pytest.raises(ValidationError):
        TypeAdapter(hint).validate_python("a\ud800")


@pytest.mark.parametrize("hint", [Text, TextOrEmpty], ids=["text", "or_empty"])
def test_line_breaks_of_a_text_are_of_one_kind(hint):
    assert read(hint, "\r\n one\r\ntwo\rthree\n\tfour \n") == "one\ntwo\nthree\n\tfour"


def test_text_that_may_be_empty_may_be_blank():
    assert read(TextOrEmpty, " \n ") == ""


def test_length_is_that_of_what_is_kept():
    refuses(Annotated[Line, Field(max_length=3)], "four")
    assert read(Annotated[Line, Field(max_length=4)], " four ") == "four"
    assert read(Annotated[Text, Field(max_length=3)], "a\r\nb") == "a\nb"


def test_too_long_text_is_said_to_have_too_many_characters(http_of):
    class NoteIn(Schema):
        text: Annotated[Line, Field(max_length=3)]

    response = http_of(NoteIn).post("/", json={"text": "four"})

    assert response.status_code == 422
    assert response.json["detail"] == "body.text: Text should have at most 3 characters, not 4"


@given(st.text())
def test_line_that_was_read_reads_the_same_again(text):
    try:
        line = TypeAdapter(Line).validate_python(text)
    except ValidationError:
        return
    assert TypeAdapter(Line).validate_python(line) == line == line.strip()
    assert fold(line), "what is not blank has a name"


# --- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("egg", "EGG"),
        ("egg", "e\u200bgg"),
        ("egg", "egg\xad"),
        ("  Crème\xa0 FRAÎCHE ", "cre\u0300me frai\u0302che"),
        ("STRASSE", "straße"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("❤", "❤\ufe0f"),
        ("ab", "a\u200db"),
        ("\u1fb4", "\u03b1\u0345\u0301"),  # the mark that folds to a letter stands first
    ],
)
def test_names_are_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("egg", "eggs"), ("a b", "ab"), ("é", "e"), ("👩\u200d🚀", "👩🚀")]
)
def test_names_are_two(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    "emoji", ["👩\u200d🚀", "❤\ufe0f\u200d🔥", "👩🏽\u200d💻", "🏴\u200d☠\ufe0f"]
)
def test_joiner_stays_inside_an_emoji(emoji):
    assert "\u200d" in fold(emoji)


def test_folding_each_character_is_final():
    for number in range(sys.maxunicode + 1):
        once = fold(chr(number))
        assert fold(once) == once, hex(number)


TRICKY = st.sampled_from(
    ["\u200d", "\ufe0f", "\u0345", "\u0307", "\u0323", "\u034f", "\u2adc", "☠", "👩", "i", "Σ", " "]
)


@given(st.lists(st.text() | TRICKY).map("".join))
def test_folding_is_final_and_blind_to_case_form_and_spaces(text):
    once = fold(text)

    assert fold(once) == once
    assert once == unicodedata.normalize("NFC", once)
    assert once == " ".join(once.split())
    assert once == fold(unicodedata.normalize("NFD", text))
    assert once == fold(f" {text}\u2003") == fold(f"\ufeff{text}\u200b")


@given(st.text())
def test_nothing_invisible_stays_in_a_folded_name(text):
    shown = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"  # Arabic signs
    for character in fold(text):
        if unicodedata.category(character) == "Cf" and character not in shown + "\u200d":
            block = ord(character)
            assert block in (0x110BD, 0x110CD) or 0x13430 <= block <= 0x1343F, hex(block)


# --- addresses


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("ana@example.com", "ana@example.com"),
        ("Ana+tea@EXAMPLE.com", "Ana+tea@example.com"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@BÜCHER.example", "info@xn--bcher-kva.example"),
        ("info@faß.example", "info@xn--fa-hia.example"),
        ("a@localhost", "a@localhost"),
        ("a@" + "b" * 252, "a@" + "b" * 252),
    ],
)
def test_address_comes_as_dns_has_it(sent, kept):
    assert read(Email, sent) == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "", "ana", "@example.com", "ana@", "ana@b..example", "ana@example.com, bob@example.com",
        "ana <ana@example.com>", "ana@example.com\nBcc: x@y.example", " ana@example.com",
        "ána@example.com", "a@" + "b" * 253, "a@" + "ü" * 250, "a@ü..example", "a@\u2764.ü b",
        "a@b.c" + "\xad" * 300, "ana@exam ple.com", "ana(at home)@example.com",
        "ana(1)@example.com", '"ana"@example.com', "ana@example.com(1)", "ana@-example.com",
        "ana@exa%mple.com", "a" * 65 + "@example.com",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_refused(wrong):
    refuses(Email, wrong)


# --- moments, days, zones


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
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+00:99",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "\uff12\uff10\uff12\uff16-03-01T12:00:00Z",
        "now",
        "",
    ],
)
def test_what_is_no_moment_is_refused(text):
    refuses(Moment, text)


def test_future_is_ahead_of_the_clock():
    assert read(Future, "2026-03-01T12:00:01Z") > NOON
    assert refuses(Future, "2026-03-01T12:00:00Z") == "Value error, lies in the past"
    refuses(Future, "2026-03-01T13:00:00+02:00")


def test_date_is_a_date():
    assert read(Day, "2026-03-01") == date(2026, 3, 1)


@pytest.mark.parametrize(
    "text",
    ["1772323200", "2026-03-01T00:00:00", "2026-02-29", "2026-3-1", "20260301", "2026-W09-7", ""],
)
def test_what_is_no_date_is_refused(text):
    refuses(Day, text)


class Month(DayRange):
    most_days = 31


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [(DayRange, "2026-01-01", "2027-01-01"), (Month, "2026-03-01", "2026-03-31")],
)
def test_range_has_both_its_days_and_a_longest_length(query, first, last):
    given_range = query.model_validate({"from": first, "to": last})

    assert (str(given_range.first), str(given_range.last)) == (first, last)


@pytest.mark.parametrize(
    ("query", "first", "last", "reason"),
    [
        (DayRange, "2026-03-02", "2026-03-01", "ends before it begins"),
        (DayRange, "2026-01-01", "2027-01-02", "is longer than 366 days"),
        (Month, "2026-03-01", "2026-04-01", "is longer than 31 days"),
    ],
)
def test_range_is_refused(query, first, last, reason):
    with pytest.raises(ValidationError, match=reason):
        query.model_validate({"from": first, "to": last})


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Vienna", "America/Argentina/Ushuaia", "Etc/GMT-14"]
)
def test_zone_of_iana_is_taken(zone):
    assert read(TimeZone, zone) == zone


@pytest.mark.parametrize(
    "name",
    [
        "localtime", "Factory", "posixrules", "posix/Europe/Vienna", "right/Europe/Vienna",
        "Mars/Olympus", "../../etc/passwd", "/usr/share/zoneinfo/UTC", "America", "europe/vienna",
        "zone.tab", "tzdata.zi", "", "x" * 65,
    ],
)  # fmt: skip
def test_what_is_no_zone_on_every_machine_is_refused(name):
    refuses(TimeZone, name)


# --- numbers, keys


def test_cents_are_whole_and_not_negative():
    adapter = TypeAdapter(Cents)

    assert adapter.validate_json("1000000000000", strict=True) == 10**12
    for wrong in ("-1", "1000000000001", "1.5", '"1"', "true", "null"):
        with pytest.raises(ValidationError):
            adapter.validate_json(wrong, strict=True)


def test_lists_sort_by_what_they_name_and_backwards():
    key = Annotated[str, Sort("title", "due")]

    assert [read(key, text) for text in ("due", "-title")] == ["due", "-title"]
    for wrong in ("Title", "--due", "", "-", "id"):
        refuses(key, wrong)
    assert TypeAdapter(key).json_schema()["enum"] == ["title", "due", "-title", "-due"]


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (Moment, "date-time"), (Future, "date-time"), (Day, "date"), (Email, "email"),
        (TimeZone, "iana-zone"), (Line, "text"), (Text, "text"), (TextOrEmpty, "text"),
    ],
    ids=range(8),
)  # fmt: skip
def test_document_names_the_format(hint, name):
    assert TypeAdapter(hint).json_schema()["format"] == name


# --- what is sent in part


class Part(Schema):
    size: int


class ThingIn(Schema):
    name: Annotated[Line, Field(max_length=8, examples=["Cup"])] = Field(description="Its name.")
    note: Text | None = None
    size: int = Field(3, ge=1)
    tags: list[Line] = Field(default_factory=list, max_length=2)
    part: Part | None = None

    @field_validator("size")
    @classmethod
    def _odd(cls, size):
        if size % 2 == 0:
            raise ValueError("is even")
        return size

    @model_validator(mode="after")
    def _fits(self):
        if len(self.name) > self.size:
            raise ValueError("has a name that is too long for it")
        return self


class ThingPatch(ThingIn, partial=True):
    """Changes of a thing."""


class LabelledPatch(ThingPatch):
    label: Line = "none"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"name": "Cup"},
        {"note": None},
        {"size": 1, "name": "longer"},
        {"tags": ["a", "b"], "part": {"size": 2}},
    ],
)
def test_patch_has_what_was_sent_and_nothing_else(sent):
    assert ThingPatch(**sent).model_dump() == sent
    assert LabelledPatch(**sent).model_dump() == sent


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"name": None}, ("name",)),
        ({"size": None}, ("size",)),
        ({"tags": None}, ("tags",)),
        ({"name": " "}, ("name",)),
        ({"name": "x" * 9}, ("name",)),
        ({"note": "\0"}, ("note",)),
        ({"size": 0}, ("size",)),
        ({"size": 2}, ("size",)),
        ({"tags": ["a", "b", "c"]}, ("tags",)),
        ({"tags": ["a\nb"]}, ("tags", 0)),
        ({"part": {}}, ("part", "size")),
        ({"colour": "red"}, ("colour",)),
    ],
)
def test_patch_refuses_what_the_whole_refuses_and_names_the_place(sent, place):
    for model in (ThingPatch, LabelledPatch):
        with pytest.raises(ValidationError) as refusal:
            model.model_validate(sent)
        assert [error["loc"] for error in refusal.value.errors()] == [place]


def test_whole_is_as_it_was_beside_its_patch():
    with pytest.raises(ValidationError):
        ThingIn.model_validate({})
    with pytest.raises(ValidationError, match="too long"):
        ThingIn(name="Kettle")
    assert ThingIn(name="Cup").size == 3


def test_patch_may_have_a_rule_of_its_own():
    class SomePatch(ThingIn, partial=True):
        @model_validator(mode="after")
        def _says_something(self):
            if not self.model_fields_set:
                raise ValueError("changes nothing")
            return self

    assert SomePatch(size=1).model_dump() == {"size": 1}
    with pytest.raises(ValidationError, match="changes nothing"):
        SomePatch()


def test_patch_is_described_without_defaults():
    schema = ThingPatch.model_json_schema()

    assert "required" not in schema
    assert [name for name, it in schema["properties"].items() if "default" in it] == []
    assert schema["properties"]["name"]["description"] == "Its name."
    assert schema["properties"]["name"]["maxLength"] == 8
    assert schema["properties"]["name"]["examples"] == ["Cup"]
    assert schema["properties"].keys() == ThingIn.model_json_schema()["properties"].keys()


def test_other_words_of_a_class_are_still_those_of_pydantic():
    class Frozen(Schema, frozen=True):
        size: int

    with pytest.raises(ValidationError, match="frozen"):
        Frozen(size=1).size = 2
    assert issubclass(Frozen, BaseModel)
