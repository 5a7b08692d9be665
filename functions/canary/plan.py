"""What the canary bot does about a command, a transition or a tick. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from functions.canary.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.rollouts import RolloutAbortRequested, RolloutRequested
from writ.rollout.acting import action_of
from writ.rollout.asking import wanted
from writ.rollout.decide import next_move

BOT: Final = "canary"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action a command calls for, or the next move of every rollout that was looked at.

    Raises ContractError for a rollout that makes no sense, ConflictError for a service that has one,
    NotFoundError for one that is not open; each names the field.
    """
    match event.data:
        case RolloutRequested() as command:
            rollout = wanted(command, now)
            if facts.open is not None:
                message = f"{facts.open} is under way for {rollout.group.service}"
                raise ConflictError(message, code="conflict.rollout", field="group.service")
            return [
                Action.of(
                    BOT,
                    "start-rollout",
                    Target(kind="service", id=rollout.group.service),
                    reason=f"{command.by or 'somebody'} asked for {rollout.candidate.id}",
                    once_per=(event.id,),
                    parameters={"wanted": rollout.model_dump(mode="json", exclude_none=True)},
                )
            ]
        case RolloutAbortRequested() as command:
            if facts.open != command.rollout:
                raise NotFoundError("there is no open rollout of this id", field="id")
            return [
                Action.of(
                    BOT,
                    "stop-rollout",
                    Target(kind="rollout", id=command.rollout),
                    reason=command.reason,
                    once_per=(event.id,),
                    parameters={"by": command.by},
                )
            ]
        case _:
            moves = [(each.rollout, next_move(each.rollout, each.look, now)) for each in facts.watched]
            return [
                action_of(BOT, rollout, move, event.id) for rollout, move in moves if move.kind is not None
            ]
