"""The base of all models of requests and answers, and types of what is sent in them.

The text of an error is a predicate without a subject, such as "is blank": where it was found is
said beside it.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from functools import cache
from typing import Annotated, Any, ClassVar, Self, Unpack
from zoneinfo import available_timezones

import idna
from pydantic import (
    MISSING,
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    model_validator,
)
from pydantic_core import core_schema
from werkzeug.datastructures import FileStorage

from common import clock


class Schema(BaseModel):
    """A pydantic model that refuses unknown fields, NaN and infinity, and reads ORM objects.

    ``class ThingPatch(ThingIn, partial=True)`` has the fields of ``ThingIn``, each of which may be
    absent: ``model_dump()`` has what was sent and nothing else. What ``ThingIn`` checks field by
    field holds, so that null is refused where it refuses null. Its rules for the whole
    (``model_validator``) are not inherited: a part may stand in the row alone, so the route checks
    what the row has become. Where a view asks for one field, it asks ``"title" in changes``.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True, allow_inf_nan=False)
    _is_partial: ClassVar[bool] = False

    def __init_subclass__(cls, *, partial: bool = False, **config: Unpack[ConfigDict]) -> None:
        """Take ``partial``, which pydantic hands on to the method below."""
        super().__init_subclass__(**config)

    @classmethod
    def __pydantic_init_subclass__(cls, *, partial: bool = False, **_config: Any) -> None:
        """Let every field be absent where the class, or one that it inherits from, is partial."""
        cls._is_partial = cls._is_partial or partial
        if not cls._is_partial:
            return
        rules = cls.__pydantic_decorators__.model_validators
        for name in rules.keys() - vars(cls).keys():
            del rules[name]
        for field in cls.__pydantic_fields__.values():  # the subclass's own copies
            value: Any = field.annotation
            if field.metadata:  # the checks are of a value, and MISSING is none
                value = Annotated[(value, *field.metadata)]
            field.annotation = value | MISSING
            field.metadata = []
            field.default = MISSING
            field.default_factory = None
        cls.model_rebuild(force=True)


def _file_schema(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return core_schema.is_instance_schema(
        FileStorage,
        metadata={
            "pydantic_js_functions": [
                lambda _core, _handler: {"type": "string", "format": "binary"}
            ]
        },
    )


#: A file of a multipart form: ``image: File`` or ``images: list[File]``.
File = Annotated[FileStorage, GetPydanticSchema(_file_schema)]


# --- text

# Inside of [], for Python and for JSON Schema: controls, and those that change the direction of
# what stands beside them (Bidi_Control of UAX 9).
CONTROLS = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
SURROGATES = r"\ud800-\udfff"  # a half of a pair, which a query can hold; UTF-8 cannot
NO_LINE = rf"{CONTROLS}\u2028\u2029"
LINE = rf"^[^{NO_LINE}]*[^{NO_LINE}\s][^{NO_LINE}]*$"
LINES = rf"^([^{CONTROLS}]|[\t\n\r])*$"
# What shows nothing, but for the joiner U+200D: Unicode's Default_Ignorable_Code_Point, what
# annotates between lines, and the empty pattern of Braille.
HIDDEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
EMOJI = r"[\u2190-\u2bff\U0001f000-\U0001faff]"  # wide enough: only these are joined
JOINER = "\u200d"

LINE_BREAKER = re.compile(f"[{NO_LINE}{SURROGATES}]")
TEXT_BREAKER = re.compile(rf"(?![\t\n])[{CONTROLS}{SURROGATES}]")
VISIBLE = re.compile(rf"[^\s{HIDDEN}{JOINER}]")
INVISIBLE = re.compile(f"[{HIDDEN}]")
LOOSE_JOINER = re.compile(f"(?<!{EMOJI}){JOINER}|{JOINER}(?!{EMOJI})")


def fold(text: str) -> str:
    """Return what is compared: names that fold to the same text are the same name.

    ``"  Crème\u00a0FRAÎCHE "`` and ``"crème fraîche"`` are, in whatever form of Unicode the accents
    come, and so is a name with an invisible character in it. The joiner stays where it makes one
    emoji of several. Check the length before: the time grows with the square of it, at worst.
    """
    text = INVISIBLE.sub("", unicodedata.normalize("NFD", text))
    text = LOOSE_JOINER.sub("", text)
    return " ".join(unicodedata.normalize("NFC", text.casefold()).split())


def _not_blank(text: str) -> str:
    if not VISIBLE.search(text):
        raise ValueError("is blank")
    return text.strip()


def _line(text: str) -> str:
    if LINE_BREAKER.search(text):
        raise ValueError("has a line break or a control character")
    return _not_blank(text)


def _text_or_empty(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if TEXT_BREAKER.search(text):
        raise ValueError("has a control character")
    return text.strip()


def _described(pattern: str) -> Any:
    # For machines; the code knows more than a pattern says, and that is what a format means.
    return Field(json_schema_extra={"format": "text", "pattern": pattern})


#: One line of text that is not blank, without spaces at its ends. With a length:
#: ``Annotated[Line, Field(max_length=80)]``.
Line = Annotated[str, AfterValidator(_line), _described(LINE)]

#: Text of several lines that may be empty. Line breaks come as ``\n``, whatever was sent.
TextOrEmpty = Annotated[str, AfterValidator(_text_or_empty), _described(LINES)]

#: The same, but not blank.
Text = Annotated[TextOrEmpty, AfterValidator(_not_blank)]


# --- addresses

LONGEST_ADDRESS = 254  # characters, RFC 5321
LONGEST_LOCAL = 64
LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
ADDRESS = re.compile(rf"[!-?A-~]+@{LABEL}(\.{LABEL})*")


def address(text: str) -> str:
    """Return ``text``, which is exactly one mail address, with its host as DNS has it.

    ``ana@Bücher.example`` comes as ``ana@xn--bcher-kva.example``. What stands before the ``@`` must
    be ASCII.

    Raises:
        ValueError: it is none, or more than that, such as two addresses or another header.
    """
    local, _, host = text.rpartition("@")
    # The parser runs off the end of some nonsense: IndexError.
    with suppress(ValueError, MessageError, IndexError):
        if not host.isascii() and len(host) <= LONGEST_ADDRESS:
            host = idna.encode(host, uts46=True).decode()
        found = f"{local}@{host.lower()}"
        is_short = len(found) <= LONGEST_ADDRESS and len(local) <= LONGEST_LOCAL
        # What reads as another address, such as ana(at home)@example.com, would be one twice.
        if is_short and ADDRESS.fullmatch(found) and Address(addr_spec=found).addr_spec == found:
            return found
    raise ValueError("is not one mail address")


#: A mail address, see ``address``.
Email = Annotated[
    str,
    AfterValidator(address),
    Field(
        max_length=LONGEST_ADDRESS,
        examples=["ana@example.com"],
        json_schema_extra={"format": "email"},
    ),
]


# --- time

# RFC 3339. By itself pydantic takes more: "1772323200" is a Unix time to it.
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(f"{DATE}[Tt]{TIME}", value):
        raise ValueError("is no moment like 2026-03-01T12:00:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except OverflowError:  # in the year 1 or 9999
        raise ValueError("is out of range") from None


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(DATE, value):
        raise ValueError("is no date like 2026-03-01")
    return date.fromisoformat(value)


def _ahead(moment: datetime) -> datetime:
    if moment <= clock.now():
        raise ValueError("lies in the past")
    return moment


#: A date and time with its offset; comes in UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]

#: A moment that is still to come.
Future = Annotated[Moment, AfterValidator(_ahead), Field(examples=["2099-12-31T12:00:00Z"])]

#: A date.
Day = Annotated[date, BeforeValidator(_day)]


class DayRange(Schema):
    """The query ``?from=2026-03-01&to=2026-03-31``, both days included: ``first`` and ``last``.

    ``most_days = 31`` in a subclass allows fewer than a year.
    """

    most_days: ClassVar[int] = 366

    first: Day = Field(alias="from", description="The first day.")
    last: Day = Field(alias="to", description="The last day.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("ends before it begins")
        if self.last - self.first >= timedelta(days=self.most_days):
            raise ValueError(f"is longer than {self.most_days} days")
        return self


@cache
def _zones() -> set[str]:  # available_timezones reads a folder of 600 files
    # On each machine these stand for another zone, or for none.
    return available_timezones() - {"Factory", "localtime", "posixrules"}


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("is no IANA time zone, such as Europe/Vienna")
    return name


#: The name of an IANA time zone.
TimeZone = Annotated[
    str,
    Field(max_length=64, examples=["Europe/Vienna"], json_schema_extra={"format": "iana-zone"}),
    AfterValidator(_zone),
]


# --- numbers, keys

#: An amount of money in the minor unit of its currency; its column is a BigInteger.
Cents = Annotated[int, Field(ge=0, le=10**12)]


class Sort:
    """What a list may be sorted by, in a query: each key, and with ``-`` in the other direction.

    ``sort: Annotated[str, Sort("title", "due_at")] = "-due_at"``
    """

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        return core_schema.literal_schema([*self.keys, *(f"-{key}" for key in self.keys)])
