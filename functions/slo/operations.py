"""What the routes of objectives take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final, Literal

from functions.slo.standing import Standing
from writ.openapi.operation import TEXT, Operation, Operations, Paging, Shown
from writ.slo.budget import BudgetState
from writ.slo.burn import Severity
from writ.slo.indicator import Indicator


class EventCounts(Shown):
    """Events of 30 days."""

    good: int
    bad: int


class BurnRule(Shown):
    """How fast a budget burns over a long and a short window; a rate of 1 spends it in 30 days."""

    severity: Severity
    factor: float
    long_minutes: int
    short_minutes: int
    long_rate: float | None
    short_rate: float | None
    failed: int
    needed: int
    breached: bool


class Judged(Shown):
    """An objective, what is left of its budget in percent, and how fast it burns."""

    objective: float
    period_days: int
    success: float | None
    events: EventCounts
    allowed: float
    budget_left: float
    budget: BudgetState
    burning: Severity
    burn: list[BurnRule]


class Objective(Judged):
    """The objective of a bot, or of a function that is none; `recorded` is what policy decides by."""

    name: str
    kind: Literal["bot", "system"]
    owner: str
    runbook: str
    indicators: list[Indicator]
    counted: bool
    p95_ms: int
    recorded: Standing


class ServiceIndicator(Judged):
    """An indicator of a service; one that is not `measured` has nothing to be judged by."""

    name: str
    kind: Literal["requests", "events", "calls", "latency"]
    threshold_ms: int | None
    measured: bool


class ServiceObjective(Judged):
    """A service by the worst of its indicators, and each of them."""

    name: str
    kind: Literal["service"]
    owner: str
    runbook: str
    indicators: list[str]
    counted: bool
    worst: str
    objectives: list[ServiceIndicator]
    recorded: Standing


class ObjectivePage(Shown):
    """Objectives of bots, functions and services; `next_cursor` as of any page."""

    items: list[Objective | ServiceObjective]
    next_cursor: str | None


OPERATIONS: Final[Operations] = {
    "GET /v1/slo": Operation(ObjectivePage, query=Paging),
    "GET /v1/slo/{name}": Operation(Objective | ServiceObjective, errors=("not_found",)),
    "GET /v1/metrics": Operation(str, media=(TEXT, "application/openmetrics-text")),
}
