"""What the rollback bot does about a demand, a transition, an end or a tick. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue

from functions.rollback.facts import BOT, Facts, Failing
from functions.rollback.migrations import restore
from functions.rollback.order import in_order
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.migrations import Returning
from writ.contracts.events.rollouts import RollbackRequested, RolloutAdvanced, RolloutDue, RolloutEnded
from writ.rollout.asking import UNKNOWN
from writ.rollout.decide import Look, is_abandoned
from writ.rollout.following import actions_for
from writ.rollout.following import standing as told
from writ.rollout.plan import AT_ONCE
from writ.rollout.state import Rollout

# A canary that has said nothing for so long after it should have is dead.
GRACE: Final = timedelta(minutes=10)
# What a rollout has before its first transition.
_AS_NEW: Final[Mapping[str, Any]] = {
    name: Rollout.model_fields[name].default
    for name in (
        "seq",
        "stage",
        "goal",
        "applied_at",
        "hooks",
        "gates",
        "healthy",
        "final",
        "closed_at",
        "trail",
    )
}


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action an event calls for, or the next move of every rollout that this bot drives.

    Raises NotFoundError for a service that nothing is known of, and where no earlier release is good;
    ConflictError where none can read the data any more.
    """
    match event.data:
        case RollbackRequested() as demand:
            return [_back(event, demand, facts, now)]
        case RolloutEnded() as end:
            return [_incident(end, facts.ended)] if end.final == "reverted" or end.way == "back" else []
        case _:
            ticked = not isinstance(event.data, RolloutAdvanced)
            mine = [each for each in facts.watched if each.rollout.driver == BOT]
            others = [each.rollout for each in facts.watched if each.rollout.driver != BOT]
            return [
                *(action for each in facts.failing for action in _left(event, each, now)),
                *(
                    action
                    for each in mine
                    for action in actions_for(BOT, each, event.id, ticked=ticked, now=now)
                ),
                *(
                    _take_over(rollout, event.id, "nobody drives it any more")
                    for rollout in others
                    if is_abandoned(rollout, now, GRACE)
                ),
            ]


def standing(event: AnyEvent, facts: Facts, now: datetime) -> dict[str, JsonValue]:
    """What the flow of a rollout is told where no move is due; see writ.rollout.following.standing."""
    if not isinstance(event.data, RolloutDue):
        return {}
    if facts.watched:
        return told(BOT, facts.watched[0].rollout, facts.watched[0].look, now)
    return told(BOT, facts.elsewhere, Look(), now)


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
        back = Returning(service=service, release=wanted_id, reason=demand.reason, then=rest)
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
    return _start(event, rollout)


def _left(event: AnyEvent, failing: Failing, now: datetime) -> list[Action]:
    """A guarded release is left for the newest good one; where there is none yet, a person has to know.

    What good releases cannot read is restored first, asked for once, and the service goes back after it.
    """
    left, reason = failing.rollout, failing.reason
    if not failing.good:
        service, why = left.group.service, f"{left.candidate.id} fails, and no earlier release is good"
        restored = None
        if failing.unread:
            restored = restore(BOT, left.id, Returning(service=service, reason=reason), failing.held)
            why = f"{left.candidate.id} fails, and no earlier release reads the data"
        if restored is not None:
            why = f"{why}: {restored.target.id} is taken back first"
        known = {"service": service, "severity": "major", "reason": reason, "from_release": left.candidate.id}
        incident = _open_incident(left.id, left, known, why)
        return [incident] if restored is None else [restored, incident]
    back = left.after(
        id=f"{left.group.service}-0",
        baseline=UNKNOWN,
        candidate=failing.good[0],
        plan=AT_ONCE,
        driver=BOT,
        way="back",
        started_at=now,
        goal_at=now,
        by="",
        by_id="",
        then=(),
        stop=reason,
        **_AS_NEW,
    )
    return [_start(event, back, leaves=left.id)]


def _start(event: AnyEvent, back: Rollout, leaves: str | None = None) -> Action:
    service = back.group.service
    wanted = back.model_dump(mode="json", exclude_none=True)
    return Action.of(
        BOT,
        "start-rollback",
        Target(kind="service", id=service),
        reason=f"{service} goes back to {back.candidate.id}: {back.stop}"[:1000],
        once_per=(event.id,) if leaves is None else (event.id, leaves),
        parameters={"wanted": wanted} if leaves is None else {"wanted": wanted, "leaves": leaves},
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


def _incident(end: RolloutEnded, rollout: Rollout | None) -> Action:
    known: dict[str, Any] = {
        "service": end.service,
        "severity": "minor" if end.healthy else "major",
        "reason": end.reason,
        "to_release": end.release,
    }
    if rollout is not None:
        known["from_release"] = (rollout.candidate if end.final == "reverted" else rollout.baseline).id
    return _open_incident(
        end.rollout,
        rollout,
        known,
        f"{end.service} serves {end.release} again: {end.reason}",
    )


def _open_incident(id: str, rollout: Rollout | None, parameters: dict[str, Any], why: str) -> Action:
    """One a rollout; where the rollout is known, its pull request is told."""
    if rollout is not None and rollout.repository is not None and rollout.pull_request is not None:
        parameters |= {"repository": rollout.repository, "pull_request": rollout.pull_request}
    return Action.of(
        BOT,
        "open-incident",
        Target(kind="incident", id=id),
        reason=why[:1000],
        once_per=(id,),
        parameters=parameters,
    )
