"""What the erasures bot does about a command or a tick. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from functions.erasures.facts import Facts
from functions.erasures.model import EVERYTHING, KeyState
from functions.erasures.retention import is_held
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.erasures import (
    ErasureAdvanced,
    ErasureRequested,
    HoldLiftRequested,
    HoldRequested,
)
from writ.contracts.events.platform import ScheduleTicked

BOT: Final = "erasures"
RESUMED_AT_ONCE: Final = 10
_STAGES: Final = {
    "prepare": ("prepare-erasure", "Its key is fenced; its entries are looked at"),
    "destroy": ("destroy-key", "All its entries are in the log and prepared"),
    "erase": ("erase-batch", "Its key is destroyed; what it sealed is removed"),
    "finish": ("finish-erasure", "All that it sealed is removed and stated"),
}


def plan(event: AnyEvent, facts: Facts, _now: datetime) -> list[Action]:
    """The action a command calls for, or what a tick finds to do.

    Raises NotFoundError for what is not there, ConflictError for what is held, begun or taken; each names the
    field.
    """
    match event.data:
        case ErasureRequested() as command:
            return [_erase(event, command, facts)]
        case ErasureAdvanced() as step:
            return [_advance(event, step)]
        case HoldRequested() as command:
            if facts.used:
                raise ConflictError(f"there is or was a hold {command.id}", field="id")
            target = Target(kind="legal-hold", id=command.id)
            parameters = {"scope": command.scope}
            return [_action(event, "place-hold", target, command.reason, parameters)]
        case HoldLiftRequested() as command:
            if command.id not in facts.holds:
                raise NotFoundError(f"there is no hold {command.id} in force", field="id")
            target = Target(kind="legal-hold", id=command.id)
            parameters = {"scope": facts.holds[command.id]}
            return [_action(event, "lift-hold", target, command.reason, parameters)]
        case ScheduleTicked():
            return [*_unfinished(event, facts), *_expired(event, facts)]
        case _:
            return []


def _erase(event: AnyEvent, command: ErasureRequested, facts: Facts) -> Action:
    if facts.state is None:
        raise NotFoundError("there is no evidence about this person", field="subject")
    if facts.state is not KeyState.ACTIVE:
        raise ConflictError("it is being erased, or was", code="conflict.erasing", field="subject")
    if {EVERYTHING, command.subject} & set(facts.holds.values()):
        raise ConflictError("a legal hold keeps it", code="conflict.held", field="subject")
    target = Target(kind="data-subject", id=command.subject)
    return _action(event, "erase-subject", target, command.reason, {"entries": facts.entries})


def _advance(event: AnyEvent, step: ErasureAdvanced) -> Action:
    name, reason = _STAGES[step.stage]
    target = Target(kind="data-subject", id=step.subject)
    parameters = {"after": step.after} if step.stage == "prepare" else {}
    return _action(event, name, target, reason, parameters)


def _unfinished(event: AnyEvent, facts: Facts) -> Iterator[Action]:
    held = set(facts.holds.values())
    free = [ref for ref in facts.unfinished if not {EVERYTHING, ref} & held]
    for ref in free[:RESUMED_AT_ONCE]:
        target, parameters = Target(kind="data-subject", id=ref), {"attempt": facts.unfinished[ref]}
        reason = "It was approved and begun, and its flow came to no end"
        yield _action(event, "resume-erasure", target, reason, parameters)


def _expired(event: AnyEvent, facts: Facts) -> Iterator[Action]:
    for due in facts.due:
        if not is_held(due.type, facts.holds.values()):
            target, parameters = Target(kind="retention", id=due.name), due.model_dump(mode="json")
            reason = f"Statements of {due.day.isoformat()} are kept no longer"
            yield _action(event, "expire-payloads", target, reason, parameters)


def _action(event: AnyEvent, name: str, target: Target, reason: str, parameters: dict[str, Any]) -> Action:
    return Action.of(BOT, name, target, reason=reason, once_per=(event.id,), parameters=parameters)
