"""What the API takes and gives."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from common.api import Schema


class Alive(Schema):
    """The process answers; nothing else is asked."""

    status: Literal["ok"]


class CheckOut(Schema):
    """What came of one check of readiness, and how long it took."""

    name: str
    ok: bool
    seconds: float
    reason: str | None


class Ready(Schema):
    """All that this service needs is there."""

    status: Literal["ready"]
    checks: list[CheckOut]


class ObjectiveOut(Schema):
    """How an objective stands: requests of the period, what is left, how fast it goes."""

    name: str
    text: str
    target: float
    requests: int
    bad: int
    budget_left: float = Field(description="1 all, 0 none, below 0 overdrawn")
    burn_rates: dict[str, float] = Field(description="by window; at 1 the budget just lasts")
    alert: Literal["page", "ticket"] | None


class Slo(Schema):
    """The service level objectives, over a period that ends now."""

    period_days: int
    since: datetime | None = Field(description="what was before is not known")
    objectives: list[ObjectiveOut]


class DemoQuery(Schema):
    """How an answer shall go wrong."""

    milliseconds: int = Field(0, ge=0, le=1000, description="How long the answer takes.")
    fault: str = Field(
        "", max_length=20, description="`crash` raises an exception, `refuse` answers 503."
    )


class Item(Schema):
    """Something to ask for."""

    id: int
    name: str
