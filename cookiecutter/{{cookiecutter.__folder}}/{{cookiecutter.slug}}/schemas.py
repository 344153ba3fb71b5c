"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from common.api import Line, Schema

from .priority import LEAST, MOST

Name = Annotated[Line, Field(max_length=80, examples=["Water the plants"])]
Value = Annotated[int, Field(ge=LEAST, le=MOST, description="What a day of waiting costs.")]
Effort = Annotated[int, Field(ge=LEAST, le=MOST, description="How many days it takes.")]


class EntryIn(Schema):
    """An entry to add."""

    name: Name
    value: Value
    effort: Effort


class EntryPatch(EntryIn, partial=True):
    """The fields to change; what is left out stays."""


class EntryOut(Schema):
    """An entry."""

    id: int
    name: str
    value: int
    effort: int
    priority: float = Field(description="Value for each unit of effort: the order of the list.")
    created_at: datetime
