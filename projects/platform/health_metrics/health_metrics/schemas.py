"""What the API takes and gives."""

from typing import Literal

from pydantic import Field

from common.api import Schema

from .readiness import Check


class Ready(Schema):
    """All that this service needs is there."""

    status: Literal["ready"]
    checks: list[Check]


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
    objectives: list[ObjectiveOut]


class DemoQuery(Schema):
    """How an answer shall go wrong."""

    milliseconds: int = Field(0, ge=0, le=1000, description="How long the answer takes.")
    fault: str = Field("", max_length=20, description="`crash` raises, `refuse` answers 503.")
