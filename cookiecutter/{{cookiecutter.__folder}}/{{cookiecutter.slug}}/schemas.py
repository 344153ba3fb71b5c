"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import MISSING, AfterValidator, Field, StringConstraints

from common.fields import Schema

from .priority import LEAST, MOST

LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"  # not blank

Name = Annotated[
    str,
    StringConstraints(max_length=80, pattern=LINE),
    AfterValidator(str.strip),
    Field(examples=["Water the plants"]),
]
Value = Annotated[int, Field(ge=LEAST, le=MOST, description="What a day of waiting costs.")]
Effort = Annotated[int, Field(ge=LEAST, le=MOST, description="How many days it takes.")]


class EntryIn(Schema):
    """An entry to add."""

    name: Name
    value: Value
    effort: Effort


class EntryPatch(Schema):
    """The fields to change; what is left out stays."""

    name: Name | MISSING = MISSING
    value: Value | MISSING = MISSING
    effort: Effort | MISSING = MISSING


class EntryOut(Schema):
    """An entry."""

    id: int
    name: str
    value: int
    effort: int
    priority: float = Field(description="Value for each unit of effort: the order of the list.")
    created_at: datetime
