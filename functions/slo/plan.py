"""When the slo bot records how a bot or a service stands: whenever that has changed. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from functions.slo.facts import Facts, Judged, Watched, WatchedIndicator, WatchedService
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent

BOT: Final = "slo"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """One action for each bot or service that stands otherwise than was recorded last."""
    bots = [_bot(event, watched, now) for watched in facts.watched if _changed(watched)]
    return bots + [_service(event, watched, now) for watched in facts.services if _moved(watched)]


def _changed(one: Judged | WatchedService) -> bool:
    return (one.budget, one.burning) != (one.before.budget, one.before.burning)


def _moved(service: WatchedService) -> bool:
    return _changed(service) or any(map(_changed, service.indicators))


def _bot(event: AnyEvent, watched: Watched, now: datetime) -> Action:
    # Not `service:…`: policy reads the budget of that, so one that is unreadable could not be mended.
    return _record(event, Target(kind="bot", id=watched.bot), watched, watched, _said(watched, now))


def _service(event: AnyEvent, watched: WatchedService, now: datetime) -> Action:
    worst = watched.worst
    indicators = {
        one.name: {"budget": one.budget.value, "burning": one.burning.value} for one in watched.indicators
    }
    said = _said(worst, now) | {"burning": watched.burning.value, "indicator": worst.name}
    target = Target(kind="objective", id=watched.service)
    return _record(event, target, watched, worst, {**said, "indicators": indicators})


def _record(
    event: AnyEvent,
    target: Target,
    whole: Watched | WatchedService,
    judged: Judged,
    parameters: dict[str, Any],
) -> Action:
    count, before = judged.period.count, whole.before
    budget = before.budget.value if before.budget else "unreadable"
    about = f"{judged.name}: " if isinstance(judged, WatchedIndicator) else ""
    return Action.of(
        BOT,
        "record-standing",
        target,
        reason=f"{about}{count.bad} of {count.total} failed in 30 days, {judged.allowed:.1f} may: "
        f"budget {budget} → {whole.budget.value}, burning {before.burning.value} → {whole.burning.value}",
        once_per=(event.id,),
        parameters=parameters,
    )


def _said(judged: Judged, now: datetime) -> dict[str, Any]:
    count = judged.period.count
    return {
        "budget": judged.budget.value,
        "burning": judged.burning.value,
        "objective": judged.objective,
        "left": round(judged.left, 2),
        "failed": count.bad,
        "total": count.total,
        "at": now.isoformat(),
    }
