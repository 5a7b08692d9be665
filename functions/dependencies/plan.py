"""What the dependencies bot does about a tick, a repository that is due, and alerts. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from functions.dependencies.actions import BOT, target_of
from functions.dependencies.decide import decide
from functions.dependencies.facts import Facts
from functions.dependencies.model import Alert
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent
from writ.contracts.events.dependencies import DependenciesDue
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.security import SecurityAlertRaised, SecurityAlertResolved

# What the forge calls ecosystems.
_ECOSYSTEMS: Final[dict[str, Literal["pypi", "npm", "github"]]] = {
    "pip": "pypi",
    "npm": "npm",
    "actions": "github",
}


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The actions that an event calls for."""
    data = event.data
    if isinstance(data, ScheduleTicked):
        return [_look_over(repository, event.id, now) for repository in facts.repositories]
    if isinstance(data, DependenciesDue):
        return decide(facts, event.id, now)
    if isinstance(data, SecurityAlertRaised | SecurityAlertResolved):
        return _alerted(data, facts, event.id)
    return []


def _look_over(repository: str, tick: str, now: datetime) -> Action:
    return Action.of(
        BOT,
        "look-over",
        target_of(repository),
        reason="its dependencies are looked over by the hour",
        once_per=(tick,),
        parameters={"repository": repository, "due_at": now.isoformat()},
    )


def _alerted(data: SecurityAlertRaised | SecurityAlertResolved, facts: Facts, event_id: str) -> list[Action]:
    ecosystem = _ECOSYSTEMS.get((data.ecosystem or "").lower())
    ours = data.repository.lower() in {each.lower() for each in facts.repositories}
    if data.kind != "dependency" or ecosystem is None or not data.package or not ours:
        return []
    name = data.package.lower() if ecosystem != "npm" else data.package
    alert = Alert(
        id=data.rule,
        ecosystem=ecosystem,
        name=name,
        patched=getattr(data, "patched", None),
        severity=data.severity or "unknown",
    )
    raised = isinstance(data, SecurityAlertRaised)
    parameters: dict[str, Any] = {"repository": data.repository, "alert": alert.model_dump(mode="json")}
    return [
        Action.of(
            BOT,
            "note-alert" if raised else "drop-alert",
            Target(kind="dependency-alert", id=f"{data.repository.lower()}#{alert.id}#{ecosystem}/{name}"),
            reason=f"{alert.id} on {name} was {'raised' if raised else 'resolved'}",
            once_per=(event_id,),
            parameters=parameters,
        )
    ]
