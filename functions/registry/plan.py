"""What the registry does about a command. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from functions.registry.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.controls import (
    ActionControl,
    ActionPauseRequested,
    ActionResumeRequested,
    BotControl,
    BotPauseRequested,
    BotResumeRequested,
)

BOT: Final = "registry"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action a command calls for.

    Raises NotFoundError for a bot that does not exist, ConflictError for a pause that would hold
    nothing, or that nobody could end; each names the field, `bot` or `action`.
    """
    match event.data:
        case ActionPauseRequested() as command:
            _require(command, facts)
            _require_action(command, facts)
            _require_other(command)
            return [_action(event, command, "pause-action", "paused", now)]
        case ActionResumeRequested() as command:
            _require(command, facts)
            _require_action(command, facts)
            return [_action(event, command, "resume-action", "resumed", now)]
        case BotPauseRequested() as command:
            _require(command, facts)
            _require_other(command)
            return [_action(event, command, "pause-bot", "paused", now)]
        case BotResumeRequested() as command:
            _require(command, facts)
            return [_action(event, command, "resume-bot", "resumed", now)]
        case _:
            return []


def _require(command: BotControl, facts: Facts) -> None:
    if facts.acts is None:
        raise NotFoundError(f"there is no bot {command.bot}", field="bot")
    if not facts.acts:
        message = f"{command.bot} takes no actions, so there is nothing to hold"
        raise ConflictError(message, code="conflict.no_actions", field="bot")


def _require_action(command: ActionControl, facts: Facts) -> None:
    if command.action not in facts.actions:
        raise NotFoundError(f"{command.bot} has no action {command.action}", field="action")


def _require_other(command: BotControl) -> None:
    if command.bot == BOT:
        message = "the registry cannot be paused: nothing could resume it"
        raise ConflictError(message, code="conflict.last_resort", field="bot")


def _action(event: AnyEvent, command: BotControl, name: str, done: str, now: datetime) -> Action:
    target = Target(kind="bot", id=command.bot)
    if isinstance(command, ActionControl):
        target = Target(kind="action", id=f"{command.bot}/{command.action}")
    return Action.of(
        BOT,
        name,
        target,
        reason=f"{command.by} {done} it: {command.reason}",
        once_per=(event.id,),
        parameters={"by": command.by, "reason": command.reason, "at": now.isoformat()},
    )
