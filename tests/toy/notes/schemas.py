"""What the API takes and gives."""

from typing import Annotated

from pydantic import Field

from common.api import Line, Schema, Text
from common.pagination import PageQuery

from .models import Color

Words = Annotated[Text, Field(max_length=500)]
Tag = Annotated[Line, Field(max_length=20)]


class NoteIn(Schema):
    """A note to add."""

    text: Words
    color: Color = "yellow"
    priority: int = Field(0, ge=0, le=9)
    tags: list[Tag] = Field([], max_length=5)


class NotePatch(NoteIn, partial=True):
    """The fields to change; what is left out stays."""


class NoteOut(Schema):
    """A note."""

    id: int
    title: str
    text: str
    color: Color


class NoteQuery(PageQuery):
    """Which notes to list."""

    color: Color | None = None
