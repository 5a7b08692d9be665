"""What the canary bot does about a command, a transition or a tick. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from functions.canary.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.alarms import AlarmRaised
from writ.contracts.events.rollouts import (
    RolloutAbortRequested,
    RolloutAdvanced,
    RolloutDue,
    RolloutRequested,
)
from writ.rollout.asking import wanted
from writ.rollout.decide import Look
from writ.rollout.following import actions_for
from writ.rollout.following import standing as told
from writ.rollout.state import Rollout

BOT: Final = "canary"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action a command calls for, or the next move of every rollout that was looked at.

    Raises ContractError for a rollout that makes no sense, ConflictError for a service that has one or serves
    the release already, NotFoundError for one that is not open and for a function without its alias; each
    names the field. What somebody asked for wrongly is so no failure of the bot, whose budget it would spend.
    """
    match event.data:
        case RolloutRequested() as command:
            rollout = wanted(command, now)
            if facts.open is not None:
                message = f"{facts.open} is under way for {rollout.group.service}"
                raise ConflictError(message, code="conflict.rollout", field="group.service")
            _check(rollout, facts.serves)
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
        case AlarmRaised(alarm=alarm) if named := _named(alarm, event, facts):
            return [
                Action.of(
                    BOT,
                    "stop-rollout",
                    Target(kind="rollout", id=each.id),
                    reason=f"the alarm {alarm} went off: {event.data.reason}"[:1000],
                    once_per=(event.id, each.id),
                    parameters={"by": alarm},
                )
                for each in named
            ]
        case _:
            ticked = not isinstance(event.data, RolloutAdvanced)
            return [
                action
                for each in facts.watched
                for action in actions_for(BOT, each, event.id, ticked=ticked, now=now)
            ]


def _check(wanted: Rollout, serves: Mapping[str, str | None]) -> None:
    for function, version in serves.items():
        if version is None:
            message = f"{function} has no alias {wanted.group.alias}"
            raise NotFoundError(message, field="group.functions")
    if serves == wanted.candidate.versions:
        message = f"{wanted.group.service} serves {wanted.candidate.id} already"
        raise ConflictError(message, code="conflict.release", field="release.versions")


def _named(alarm: str, event: AnyEvent, facts: Facts) -> list[Rollout]:
    """Rollouts with users on the candidate whose watch names an alarm, begun before it went off."""
    rollouts = [each.rollout for each in facts.watched]
    return [
        each
        for each in rollouts
        if alarm in each.watch.alarms
        and event.meta.time >= each.started_at
        and each.stage >= 0
        and each.stop is None
        and not each.reverting
    ]


def standing(event: AnyEvent, facts: Facts, now: datetime) -> dict[str, JsonValue]:
    """What the flow of a rollout is told where no move is due; see writ.rollout.following.standing."""
    if not isinstance(event.data, RolloutDue):
        return {}
    if facts.watched:
        return told(BOT, facts.watched[0].rollout, facts.watched[0].look, now)
    return told(BOT, facts.elsewhere, Look(), now)
