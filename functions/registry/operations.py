"""What the routes of the registry take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime, JsonValue

from functions.registry.commands import Switch
from writ.contracts.action_spec import ActionSpec
from writ.contracts.manifest import Slo
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown


class Health(Shown):
    """That the API answers, and which version it is."""

    status: Literal["ok"]
    version: str


class BotSummary(Shown):
    """A bot with the success of its last 24 hours, in percent; `paused` is null where it cannot be told."""

    name: str
    summary: str
    kind: Literal["bot", "system"]
    owner: str
    paused: bool | None
    objective: float
    success: float | None
    budget_left: float


class PauseShown(Shown):
    """Whether something is paused, and who changed that last."""

    paused: bool | None
    by: str | None
    reason: str | None
    since: AwareDatetime | None


class OutcomeCounts(Shown):
    """Actions by their outcome."""

    succeeded: int
    failed: int
    denied: int
    expired: int


class Performance(Shown):
    """How well a bot did in a time; success and budget in percent."""

    success: float | None
    budget_left: float
    average_ms: int | None
    actions: OutcomeCounts


class Live(Shown):
    """How well a bot does."""

    last_24_hours: Performance
    last_30_days: Performance


class BotAction(ActionSpec):
    """An action that a bot may take, and whether it is paused."""

    name: str
    paused: bool | None
    by: str | None
    reason: str | None
    since: AwareDatetime | None


class RouteShown(Shown):
    """A route; `auth: none` has its reason, and `workflows` says whether their runs may call it as well."""

    route: str
    auth: Literal["jwt", "none"]
    reason: str | None = None
    workflows: bool


class BotDetail(PauseShown):
    """Everything about one bot."""

    name: str
    summary: str
    kind: Literal["bot", "system"]
    owner: str
    runbook: str
    slo: Slo
    live: Live
    actions: list[BotAction]
    triggers: list[dict[str, JsonValue]]
    routes: list[RouteShown]
    emits: list[str]
    needs: dict[str, JsonValue]


class Switched(PauseShown):
    """A bot, or one action of it, after it was paused or resumed."""

    name: str
    action: str | None = None


_SWITCH: Final = Operation(Switched, body=Switch, acts=True, errors=("not_found", "conflict.*"))

OPERATIONS: Final[Operations] = {
    "GET /v1/health": Operation(Health),
    "GET /v1/bots": Operation(Page[BotSummary], query=Paging),
    "GET /v1/bots/{name}": Operation(BotDetail, errors=("not_found",)),
    "POST /v1/bots/{name}/pause": _SWITCH,
    "POST /v1/bots/{name}/resume": _SWITCH,
    "POST /v1/bots/{name}/actions/{action}/pause": _SWITCH,
    "POST /v1/bots/{name}/actions/{action}/resume": _SWITCH,
}
