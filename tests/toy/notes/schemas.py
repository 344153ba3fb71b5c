"""What the API takes and gives."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from common.fields import Schema
from common.pagination import PageQuery

Color = Literal["yellow", "green"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class NoteIn(Schema):
    """A note to add."""

    text: Text
    color: Color = "yellow"
    priority: int = Field(0, ge=0, le=9)
    tags: list[Tag] = Field([], max_length=5)


class NoteOut(Schema):
    """A note."""

    id: int
    title: str
    text: str
    color: Color


class NoteQuery(PageQuery):
    """Which notes to list."""

    color: Color | None = None
