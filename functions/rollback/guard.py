"""Releases that were promoted a short time ago: whether one has to be taken back after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from writ.contracts.errors import WritError
from writ.contracts.events.alarms import AlarmRaised
from writ.rollout.decide import Health

if TYPE_CHECKING:
    from datetime import datetime

    from functions.rollback.ports import Ports
    from writ.contracts.event import EventData
    from writ.rollout.state import Rollout, Row

_KEY = "guard"


def failing(data: EventData, ports: Ports, now: datetime) -> list[tuple[Row, Rollout, str]]:
    """Guarded services that fail now, with the rollout of what they serve, and why.

    An alarm is about the services whose watch names it; a tick asks every one. What is unknown fails nothing.
    """
    found: list[tuple[Row, Rollout, str]] = []
    for listed in ports.rollouts.guarded():
        row = ports.rollouts.read(listed.service)
        if row is None or row.rollout is not None or row.guard is None or row.guard.until <= now:
            continue
        rollout = ports.rollouts.find(row.guard.rollout)
        if rollout is not None and (reason := _reason(data, rollout, ports)):
            found.append((row, rollout, reason))
    return found


def _reason(data: EventData, rollout: Rollout, ports: Ports) -> str | None:
    if isinstance(data, AlarmRaised):
        named = data.alarm in rollout.watch.alarms
        return f"the alarm {data.alarm} went off: {data.reason}"[:500] if named else None
    seen = ports.observer.vitals(rollout)
    if seen.health is Health.BREACHED:
        return f"the service breaches its objectives: {'; '.join(seen.reasons)}"[:500]
    hook = rollout.plan.health
    if hook is None:
        return None
    try:
        answer = ports.hooks.call(hook, rollout, _KEY)
    except WritError:  # a check that does not come back says nothing of the release
        return None
    return None if answer.ok else f"{hook.function} finds it unhealthy: {answer.detail}"[:500]
