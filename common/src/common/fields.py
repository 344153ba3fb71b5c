"""The base of all models of requests and answers, and types of what is sent in them."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, GetPydanticSchema
from pydantic_core import core_schema
from werkzeug.datastructures import FileStorage


class Schema(BaseModel):
    """A pydantic model that refuses unknown fields, NaN and infinity, and reads ORM objects."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, allow_inf_nan=False)


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


# RFC 3339. By itself pydantic takes more: "1772323200" is a Unix time to it.
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"


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


#: A date and time with its offset; comes in UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]

#: A date.
Day = Annotated[date, BeforeValidator(_day)]
