"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from common.api import LARGEST_ID, Line, Moment, Schema, Sort
from common.pagination import PageQuery

from .models import LONGEST_TITLE, MOST_ORDER

Title = Annotated[Line, Field(max_length=LONGEST_TITLE, examples=["Water the plants"])]
Order = Annotated[int, Field(ge=-MOST_ORDER, le=MOST_ORDER)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Told = Annotated[Line, Field(max_length=2_000)]
PassedOver = Annotated[
    Id | Told | None,
    Field(exclude=True, description="Set by the service; may be sent, and is passed over."),
]


class TaskIn(Schema):
    """A task to write down."""

    title: Title
    completed: bool = False
    order: Order | None = None
    due: Moment | None = None


class TaskPatch(TaskIn, partial=True):
    """Changes of a task: what is left out stays."""


class WholeTaskIn(TaskIn):
    """A whole task, as GET shows it."""

    id: PassedOver = None
    created_at: PassedOver = None
    updated_at: PassedOver = None
    completed_at: PassedOver = None
    url: PassedOver = None


class TaskOut(Schema):
    """A task; without a value, ``order`` and ``due`` are null."""

    id: int
    title: str
    completed: bool
    order: int | None
    due: datetime | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    url: str


class TaskFilter(Schema):
    """Which tasks to list: all filters that are given hold at once."""

    completed: bool | None = None
    overdue: bool | None = None
    due_after: Moment | None = Field(None, description="The earliest due that is listed.")
    due_before: Moment | None = Field(None, description="The earliest due that is not, any more.")

    @property
    def is_given(self) -> bool:
        """Whether there is any filter."""
        given = self.model_fields_set & TaskFilter.model_fields.keys()
        return bool(given)


class TaskQuery(TaskFilter, PageQuery):
    """Which tasks to list, and in which order."""

    sort: Annotated[str, Sort("order", "title", "due", "created_at")] = "order"
    per_page: int = Field(1_000, ge=1, le=1_000, description="Tasks on a page.")


class ClearQuery(Schema):
    """Which tasks to delete: all, or the completed ones."""

    completed: Literal["true"] | None = None
