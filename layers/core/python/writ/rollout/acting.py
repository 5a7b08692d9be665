"""Moves as actions: what a bot plans, and how its effects carry them out and find them done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from writ.contracts.action import ASKED_BY, Action, Target
from writ.contracts.errors import (
    ConflictError,
    ContendedError,
    NotFoundError,
    PermanentError,
    from_validation,
)
from writ.contracts.event import EventData
from writ.contracts.events.rollouts import RollbackRequested, RolloutAdvanced, RolloutEnded
from writ.rollout.coordinator import Attempt, Coordinator
from writ.rollout.decide import Move
from writ.rollout.notes import note_of, noted
from writ.rollout.ports import Rollouts
from writ.rollout.state import End, Entry, Kind, Result, Rollout

NAMES: Final[Mapping[Kind, str]] = {
    Kind.SHIFT: "shift-weight",
    Kind.HOOK: "call-hook",
    Kind.GATE: "open-gate",
    Kind.PROMOTE: "promote",
    Kind.REVERT: "revert",
    Kind.CLOSE: "close-rollout",
}
_LAST: Final = 10  # closed rollouts of a service among which an action looks for its own


def action_of(bot: str, rollout: Rollout, move: Move, event_id: str) -> Action:
    """The action that makes a move, one for an event; a gate is one whatever event comes to it, until denied.

    A gate says who asked for the rollout: a flow comes to it, and its person may not open it.
    """
    if move.kind is None:
        raise ValueError("a pause is no action")
    once: tuple[str, ...] = (rollout.id, str(rollout.seq), event_id)
    if move.kind is Kind.GATE:
        once = (rollout.id, str(move.stage), *([str(move.asked)] if move.asked else []))
    who = rollout.by_id or rollout.by
    asked_by = {ASKED_BY: who} if move.kind is Kind.GATE and who else {}
    return Action.of(
        bot,
        NAMES[move.kind],
        Target(kind="rollout", id=rollout.id),
        reason=f"{rollout.candidate.id} on {rollout.group.service}: {move.reason}"[:1000],
        once_per=once,
        parameters={
            "seq": rollout.seq,
            "move": move.model_dump(mode="json", exclude_defaults=True),
            **asked_by,
        },
        blast_radius=len(rollout.group.functions),
    )


def gate_id(bot: str, rollout: Rollout, asked: int = 0) -> str:
    """The id of the action that a person approves to let a rollout leave its step; `asked` times before."""
    move = Move(kind=Kind.GATE, reason="looked up", stage=rollout.stage, asked=asked)
    return action_of(bot, rollout, move, "").id


def advanced(action: Action, observed: Mapping[str, object]) -> list[EventData]:
    """What a move says to the world: how far the rollout is, or that it is over."""
    if observed["kind"] != Kind.CLOSE.value:
        seq, driver = observed["seq"], observed["driver"]
        data = {"rollout": action.target.id, "seq": seq, "driver": driver}
        return [RolloutAdvanced.model_validate(data), *noted(observed)]
    names = ("service", "release", "final", "way", "healthy", "reason")
    data = {"rollout": action.target.id, **{name: observed[name] for name in names}}
    following: list[EventData] = [RolloutEnded.model_validate(data), *noted(observed)]
    if isinstance(then := observed.get("then"), list) and then:
        data = {"service": then[0], "then": then[1:], "reason": observed["reason"]}
        following.append(RollbackRequested.model_validate(data))
    return following


def start(action: Action, coordinator: Coordinator) -> Rollout:
    """Take the lock of a service. Fails as `conflict.rollout`, `conflict.release` or `rollout.split`."""
    wanted = Rollout.model_validate(action.parameters["wanted"])
    leaves = action.parameters.get("leaves")
    try:
        return coordinator.start(
            wanted, Attempt(action.bot, action.id), None if leaves is None else str(leaves)
        )
    except NotFoundError as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None
    except ConflictError:
        raise ContendedError("the service was changed meanwhile", code="rollout.contended") from None


def started(action: Action, rollouts: Rollouts) -> Rollout | None:
    """The rollout that an action began, if it is open or among the last that were."""
    service = action.target.id
    row = rollouts.read(service)
    current = [row.rollout] if row is not None and row.rollout is not None else []
    found = (*current, *rollouts.past(service, _LAST))
    return next((rollout for rollout in found if rollout.entry_of(action.id) is not None), None)


def make(action: Action, coordinator: Coordinator) -> dict[str, Any]:
    """Carry an action's move out, and say what was observed. Raises what Coordinator.move raises.

    A hook that refuses is a success: it was asked, and the rollout is stopped by what it said.
    """
    given = action.parameters
    try:
        move, seq = Move.model_validate(given["move"]), int(str(given["seq"]))
    except ValidationError as error:
        problem = from_validation(error, "move")
        raise PermanentError(problem.message, code=problem.code, field=problem.field) from None
    rollout = coordinator.move(action.target.id, seq, move, Attempt(action.bot, action.id))
    entry = rollout.entry_of(action.id)
    if entry is None:
        raise PermanentError("the move left no trace", code="rollout.moved")
    return observation(rollout, entry)


def seen(action: Action, coordinator: Coordinator) -> dict[str, Any] | None:
    """What was observed of a move that came to its end; None for one that did not.

    Raises PermanentError `rollout.superseded` for one that something else overtook.
    """
    found = coordinator.find_move(action.target.id, action.id)
    if found is None or found[1].end is None:
        return None
    rollout, entry = found
    if entry.end is End.SUPERSEDED:
        raise PermanentError(f"{rollout.id} has moved on since", code="rollout.superseded")
    return observation(rollout, entry)


def observation(rollout: Rollout, entry: Entry) -> dict[str, Any]:
    """A transition in figures; the same for every look at it once it has ended."""
    closing = entry.kind is Kind.CLOSE
    return {
        "seq": entry.seq,
        "kind": entry.kind.value,
        "candidate": entry.goal.candidate,
        "ended": None if entry.end is None else entry.end.value,
        "driver": rollout.driver,
        **(_conclusion(rollout) if closing else {}),
        **({"note": note} if (note := note_of(rollout, entry)) else {}),
    }


def begun(rollout: Rollout) -> dict[str, Any]:
    """What is observed of a rollout that was begun; the same for every look at it."""
    note = note_of(rollout, rollout.trail[0])
    return {
        "rollout": rollout.id,
        "seq": 0,
        "driver": "canary" if rollout.way == "forward" else "rollback",
        "baseline": rollout.baseline.id,
        **({"note": note} if note else {}),
    }


def _conclusion(rollout: Rollout) -> dict[str, Any]:
    promoted = rollout.final is Result.PROMOTED
    return {
        "service": rollout.group.service,
        "release": (rollout.candidate if promoted else rollout.baseline).id,
        "final": None if rollout.final is None else rollout.final.value,
        "way": rollout.way,
        "healthy": rollout.healthy,
        "reason": (rollout.stop or rollout.trail[-1].reason)[:500],
        "then": list(rollout.then),
    }
