"""What the API takes and gives."""

from typing import Literal

from pydantic import Field

from common.api import Schema

from .slo import Severity


class Check(Schema):
    """What came of one check of readiness, and how long it took."""

    name: str
    ok: bool
    seconds: float
    reason: str | None


class ReadyOut(Schema):
    """All that this service needs is there."""

    status: Literal["ready"]
    checks: list[Check]


class ObjectiveState(Schema):
    """How an objective stands: requests of the period, what is left, how fast it goes."""

    name: str
    text: str
    target: float
    requests: int
    bad: int
    budget_left: float = Field(description="1 all, 0 none, below 0 overdrawn")
    burn_rates: dict[str, float] = Field(description="by window; at 1 the budget just lasts")
    alert: Severity | None


class SloOut(Schema):
    """The service level objectives, over a period that ends now."""

    period_days: int
    objectives: list[ObjectiveState]


class ItemQuery(Schema):
    """How an answer shall go wrong."""

    milliseconds: int = Field(0, ge=0, le=1000, description="How long the answer takes.")
    # No Literal: whoever tries all that the document allows would find faults that are no bugs.
    fault: str = Field(
        "",
        max_length=20,
        description="`crash` raises, `refuse` answers 503.",
        json_schema_extra={"format": "fault"},
    )
