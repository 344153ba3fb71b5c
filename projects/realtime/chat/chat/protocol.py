"""The frames of the WebSocket: JSON objects with a ``type``, one in a text message.

Free of Flask and of the database: `parse` checks what clients send, and `Window` says when somebody
is too fast. The README has all frames in a table.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from common.api import LARGEST_ID, Schema, Text
from common.reading import reason

LARGEST = 4096  # bytes of a frame
MOST = 20  # messages of a connection …
PER = timedelta(seconds=5)  # … in this time

Frame = dict[str, Any]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
ClientId = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{1,64}$")]


class Send(Schema):
    """A message for a room; ``client_id`` is the client's own name for it."""

    type: Literal["send"]
    room: Id
    body: Annotated[Text, Field(max_length=2000)]
    client_id: ClientId


class Resume(Schema):
    """Wish for the messages of a room after the last one that the client has."""

    type: Literal["resume"]
    room: Id
    after: int = Field(ge=0, le=LARGEST_ID)


class Mark(Schema):
    """Everything in the room up to this message has been delivered, or read."""

    type: Literal["delivered", "read"]
    room: Id
    id: Id


AnyFrame = Annotated[Send | Resume | Mark, Field(discriminator="type")]
ADAPTER: TypeAdapter[AnyFrame] = TypeAdapter(AnyFrame)


class FrameError(Exception):
    """A frame that is refused, with its error frame; the connection lives on."""

    def __init__(self, code: str, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.frame: Frame = {
            "type": "error",
            "code": code,
            "detail": detail,
            **more,
        }


def parse(message: str | bytes) -> AnyFrame:
    """Return the frame that a client has sent; raise FrameError if it is none."""
    if isinstance(message, bytes):
        raise FrameError("invalid", "Send text frames, not binary ones.")
    size = len(message.encode(errors="surrogatepass"))
    if size > LARGEST:
        raise FrameError("too_large", f"A frame has at most {LARGEST} bytes.")
    try:
        return ADAPTER.validate_json(message, strict=True)
    except ValidationError as error:
        raise FrameError("invalid", first_mistake(error)) from None


def first_mistake(error: ValidationError) -> str:
    """Return what is wrong first, with its place: "client_id: …"."""
    first = error.errors(include_url=False)[0]
    names = [str(name) for name in first["loc"][1:]]  # without the frame's type
    if not names:
        return reason(first)
    return f"{'.'.join(names)}: {reason(first)}"


class Window:
    """A sliding window: at most `MOST` messages in any `PER`."""

    def __init__(self) -> None:
        self._times: deque[datetime] = deque(maxlen=MOST)

    def check(self, now: datetime) -> None:
        """Count a message; raise FrameError, and count nothing, if it is one too many."""
        wait = timedelta(0)
        if len(self._times) == MOST:
            wait = self._times[0] + PER - now
        if wait > timedelta(0):
            seconds = round(wait.total_seconds(), 3)
            text = f"At most {MOST} messages in {PER.seconds} s; try again in {seconds} s."
            raise FrameError("slow_down", text, retry_after=seconds)
        self._times.append(now)
