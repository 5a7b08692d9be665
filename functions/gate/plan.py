"""What the gate bot does about a result. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from functions.gate.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ContractError
from writ.contracts.event import AnyEvent
from writ.contracts.events.gates import GateResultReported

BOT: Final = "gate"
# A result is of now: an old one may not be shown again as if the repository were still like that.
OLDEST: Final = timedelta(hours=24)
AHEAD: Final = timedelta(minutes=5)
# The worst effect decides, see policies/gates/decision.rego.
_VERDICTS: Final = (("deny", "deny"), ("unknown", "unknown"), ("review", "review"))


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """Record a result that does not contradict itself. Raises ContractError that names the field."""
    if not isinstance(event.data, GateResultReported):
        return []
    result = event.data
    if not now - OLDEST <= result.at <= now + AHEAD:
        raise ContractError("a result is recorded within a day of its run", field="at")
    if len(result.violations) > result.total:
        raise ContractError("there are more violations than the total", field="total")
    asked = {outcome.verdict for outcome in result.gates if outcome.verdict}
    if result.verdict != next((verdict for _, verdict in _VERDICTS if verdict in asked), "allow"):
        raise ContractError("the verdict is not that of the worst gate", field="verdict")
    effects = {violation.effect for violation in result.violations}
    worst = next((verdict for effect, verdict in _VERDICTS if effect in effects), None)
    complete = len(result.violations) == result.total
    if (complete and result.verdict != (worst or "allow")) or (result.verdict == "allow" and worst):
        raise ContractError("the verdict is not that of the violations", field="verdict")
    current = result.bundle == facts.bundle
    where = f"{result.repository} at {result.commit}" if result.commit else result.repository
    return [
        Action.of(
            BOT,
            "record-result",
            Target(kind="gate-report", id=result.repository, digest=result.report),
            reason=f"{result.by} ran the gates on {where}: {result.verdict}, {result.total} violations",
            once_per=(result.report,),
            parameters={"result": result.model_dump(mode="json"), "current": current},
        )
    ]
