"""What the rollback bot does about a demand, a transition, an end or a tick. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from functions.rollback.facts import Facts
from functions.rollback.migrations import restore
from functions.rollback.order import in_order
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.rollouts import RollbackRequested, RolloutEnded
from writ.migration.state import After
from writ.rollout.acting import action_of
from writ.rollout.asking import UNKNOWN
from writ.rollout.decide import is_abandoned, next_move
from writ.rollout.plan import AT_ONCE
from writ.rollout.state import Rollout

BOT: Final = "rollback"
# A canary that has said nothing for so long after it should have is dead.
GRACE: Final = timedelta(minutes=10)


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action an event calls for, or the next move of every rollout that this bot drives.

    Raises NotFoundError for a service that nothing is known of, and where no earlier release is good;
    ConflictError where none can read the data any more.
    """
    match event.data:
        case RollbackRequested() as demand:
            return [_back(event, demand, facts, now)]
        case RolloutEnded() as end:
            return [_incident(end)] if end.final == "reverted" or end.way == "back" else []
        case _:
            dead = [each.rollout for each in facts.watched if each.rollout.driver != BOT]
            mine = [
                (each.rollout, next_move(each.rollout, each.look, now))
                for each in facts.watched
                if each.rollout.driver == BOT
            ]
            return [
                *(action_of(BOT, rollout, move, event.id) for rollout, move in mine if move.kind is not None),
                *(
                    _take_over(rollout, event.id, "nobody drives it any more")
                    for rollout in dead
                    if is_abandoned(rollout, now, GRACE)
                ),
            ]


def _back(event: AnyEvent, demand: RollbackRequested, facts: Facts, now: datetime) -> Action:
    """Dependants first: they call what is taken back, and were made for it."""
    turns = [*in_order(demand.service, facts.depends_on if demand.dependants else {}), *demand.then]
    service, rest = turns[0], tuple(turns[1:])
    known = facts.services.get(service)
    if known is None:
        raise NotFoundError("there was no rollout of this service", field="service")
    if known.open is not None:
        return _take_over(known.open, event.id, demand.reason, rest)
    wanted_id = demand.release if service == demand.service else None
    good = next((one for one in known.good if wanted_id in (None, one.id)), None)
    if good is None and any(wanted_id in (None, one.id) for one in known.unread):
        back = After(service=service, release=wanted_id, reason=demand.reason, then=rest)
        restored = restore(BOT, event.id, back, known.held)
        if restored is not None:
            return restored
        message = "no earlier release reads the data as a migration left them, which cannot be taken back"
        raise ConflictError(message, code="conflict.migration", field="release")
    if good is None:
        message = "no earlier release of it was promoted, found healthy, and is proven by the log"
        raise NotFoundError(message, code="not_found.release", field="release")
    rollout = Rollout(
        id=f"{service}-0",
        group=known.group,
        baseline=UNKNOWN,
        candidate=good,
        plan=AT_ONCE,
        watch=known.watch,
        driver=BOT,
        way="back",
        started_at=now,
        goal_at=now,
        by=demand.by,
        repository=demand.repository,
        pull_request=demand.pull_request,
        then=rest,
        stop=demand.reason,
    )
    return Action.of(
        BOT,
        "start-rollback",
        Target(kind="service", id=service),
        reason=f"{service} goes back to {good.id}: {demand.reason}"[:1000],
        once_per=(event.id,),
        parameters={"wanted": rollout.model_dump(mode="json", exclude_none=True)},
    )


def _take_over(rollout: Rollout, event_id: str, why: str, rest: tuple[str, ...] = ()) -> Action:
    return Action.of(
        BOT,
        "take-over",
        Target(kind="rollout", id=rollout.id),
        reason=why,
        once_per=(event_id,),
        parameters={"then": list(rest)},
    )


def _incident(end: RolloutEnded) -> Action:
    return Action.of(
        BOT,
        "open-incident",
        Target(kind="incident", id=end.rollout),
        reason=f"{end.service} serves {end.release} again: {end.reason}"[:1000],
        once_per=(end.rollout,),
        parameters={
            "service": end.service,
            "severity": "minor" if end.healthy else "major",
            "reason": end.reason,
        },
    )
