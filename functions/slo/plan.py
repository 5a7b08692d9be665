"""When the slo bot records how a bot stands: whenever that has changed. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from functions.slo.facts import Facts, Watched
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent

BOT: Final = "slo"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """One action for each bot whose budget state, or whose burning, is not what was recorded last."""
    return [
        _record(event, watched, now)
        for watched in facts.watched
        if (watched.budget, watched.burning) != (watched.before.budget, watched.before.burning)
    ]


def _record(event: AnyEvent, watched: Watched, now: datetime) -> Action:
    count, before = watched.period.count, watched.before
    budget = before.budget.value if before.budget else "unreadable"
    return Action.of(
        BOT,
        "record-standing",
        # Not `service:…`: policy reads the budget of that, so one that is unreadable could not be mended.
        Target(kind="bot", id=watched.bot),
        reason=f"{count.bad} of {count.total} failed in 30 days, {watched.allowed:.1f} may: "
        f"budget {budget} → {watched.budget.value}, burning {before.burning.value} → {watched.burning.value}",
        once_per=(event.id,),
        parameters={
            "budget": watched.budget.value,
            "burning": watched.burning.value,
            "objective": watched.objective,
            "left": round(watched.left, 2),
            "failed": count.bad,
            "total": count.total,
            "at": now.isoformat(),
        },
    )
