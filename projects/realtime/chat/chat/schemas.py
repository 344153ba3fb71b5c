"""What the API takes and gives; the frames of the WebSocket are in ``protocol``."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from common.accounts import Username
from common.api import LARGEST_ID, Line, Schema


class RoomIn(Schema):
    """A room to make. A private one is for those whom its members let in."""

    name: Annotated[Line, Field(max_length=80, examples=["Kitchen"])]
    private: bool = False


class RoomOut(Schema):
    """A room; up to ``read_id`` I have read all, and who is outside has null there."""

    id: int
    name: str
    private: bool
    direct: bool
    last_id: int
    read_id: int | None


class MemberOut(Schema):
    """Somebody in a room, and up to which message they have got and read all."""

    username: str
    online: bool
    last_seen: datetime | None
    delivered_id: int
    read_id: int


class DirectIn(Schema):
    """With whom to talk."""

    username: Annotated[Username, Field(examples=["ben"])]


class MessageOut(Schema):
    """A message."""

    id: int
    room: int
    sender: str
    body: str
    sent_at: datetime


class MessageQuery(Schema):
    """Which messages to list: the last ones, or those beside an id."""

    before: int | None = Field(
        None,
        ge=1,
        le=LARGEST_ID,
        description="The last before this id.",
    )
    after: int | None = Field(
        None,
        ge=0,
        le=LARGEST_ID,
        description="The first after this id.",
    )
    limit: int = Field(50, ge=1, le=100, description="How many at most.")
