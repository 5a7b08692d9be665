"""The slo bot's one effect: a standing is replaced, together with the mark that this happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from functions.slo.standing import ServiceStanding, Standing
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError
from writ.contracts.event import EventData
from writ.contracts.events.objectives import (
    BudgetRecovered,
    BudgetRunLow,
    BudgetSpent,
    BurnRateExceeded,
    BurnRateSettled,
)
from writ.ports.controls import budget_key, service_digest
from writ.runtime.effect import Effect, Observation
from writ.slo.budget import BudgetState
from writ.slo.burn import Severity

if TYPE_CHECKING:
    from functions.slo.ports import Ports

_ROUNDS: Final = 5
_NEWS: Final = {
    BudgetState.NORMAL: BudgetRecovered,
    BudgetState.REVIEW: BudgetRunLow,
    BudgetState.FREEZE: BudgetSpent,
}


def record_standing(action: Action, ports: Ports) -> Observation:
    """Replace the document; what it said before is observed, so that only a change is news."""
    key = budget_key(service_digest(action.target.id))
    after = _standing(action)
    for _ in range(_ROUNDS):
        text = ports.controls.read(key)
        before = Standing.parse(text)
        observed = {
            "budget_before": before.budget.value if before.budget else "unreadable",
            "burning_before": before.burning.value,
        }
        try:
            return ports.controls.replace(key, text, after.dump(), action_id=action.id, observed=observed)
        except ConflictError:
            continue
    raise ContendedError(f"the standing of {action.target.id} kept changing")


def _standing(action: Action) -> Standing:
    said = action.parameters
    fields: dict[str, Any] = {name: said[name] for name in ("budget", "burning")} | {"since": said["at"]}
    if "indicators" not in said:
        return Standing.model_validate(fields)
    return ServiceStanding.model_validate({**fields, "indicators": said["indicators"]})


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the action's effect left behind, or None when it has not happened."""
    return ports.controls.applied(action.id)


def announce(action: Action, observed: Observation) -> Sequence[EventData]:
    """The change of the budget state, then that of the burning."""
    said: dict[str, Any] = {
        name: action.parameters[name] for name in ("objective", "left", "failed", "total")
    }
    said["bot"] = action.target.id
    if "indicator" in action.parameters:
        said |= {"subject": "service", "indicator": action.parameters["indicator"]}
    budget, burning = str(action.parameters["budget"]), str(action.parameters["burning"])
    news: list[EventData] = []
    if budget != observed["budget_before"]:
        news.append(_NEWS[BudgetState(budget)](**said))
    if burning != observed["burning_before"]:
        if burning == Severity.NONE:
            news.append(BurnRateSettled(**said))
        else:
            news.append(BurnRateExceeded(**said, severity=burning))
    return news


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {"record-standing": Effect(record_standing, observe, announce)}
