"""Releases that were promoted a short time ago: whether one has to be taken back after all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from writ.contracts.errors import WritError
from writ.contracts.events.alarms import AlarmRaised
from writ.rollout.decide import Health

if TYPE_CHECKING:
    from datetime import datetime

    from functions.rollback.ports import Ports
    from writ.contracts.event import AnyEvent
    from writ.rollout.state import Rollout, Row

# What all guards of a tick may take together: an attempt has 60 s, and open rollouts come first.
BUDGET: Final = timedelta(seconds=20)
_KEY: Final = "guard"


def failing(event: AnyEvent, ports: Ports, now: datetime) -> list[tuple[Row, Rollout, str]]:
    """Guarded services that fail now, with the rollout of what they serve, and why.

    An alarm is about the services whose watch names it; a tick asks every one. What is unknown fails nothing.
    Whom a tick has no time for is asked by a later one: every minute another one comes first.
    """
    found: list[tuple[Row, Rollout, str]] = []
    alarmed = isinstance(event.data, AlarmRaised)
    for listed in _in_turn([each for each in ports.rollouts.guarded() if _is_on(each, now)], now):
        if not alarmed and ports.clock.now() - now >= BUDGET:
            break
        row = ports.rollouts.read(listed.service)
        if row is None or row.rollout is not None or row.guard is None or not _is_on(row, now):
            continue
        rollout = ports.rollouts.find(row.guard.rollout)
        if rollout is not None and (reason := _reason(event, rollout, ports)):
            found.append((row, rollout, reason))
    return found


def _is_on(row: Row, now: datetime) -> bool:
    return row.guard is not None and row.guard.until > now


def _in_turn(rows: list[Row], now: datetime) -> list[Row]:
    """The same rows from another one on every minute, so that those that are slow hide no other for ever."""
    first = int(now.timestamp() // 60) % len(rows) if rows else 0
    return rows[first:] + rows[:first]


def _reason(event: AnyEvent, rollout: Rollout, ports: Ports) -> str | None:
    if isinstance(data := event.data, AlarmRaised):
        # One that went off before everything was on the release is not about it, however late it comes.
        since = rollout.applied_at or rollout.closed_at or rollout.started_at
        named = data.alarm in rollout.watch.alarms and event.meta.time >= since
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
