"""The registry's effects: a pause is replaced, together with the mark that this happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from functions.registry.pause import Pause
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError
from writ.contracts.event import EventData
from writ.contracts.events.controls import ActionPaused, ActionResumed, BotControl, BotPaused, BotResumed
from writ.ports.controls import pause_key
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.registry.ports import Ports

_ROUNDS: Final = 5


def switch(action: Action, ports: Ports, *, paused: bool) -> Observation:
    """Pause or resume the bot, or an action of it; what is so already keeps the reason of the first time."""
    key = pause_key(*_held(action))
    at = datetime.fromisoformat(_text(action, "at"))
    after = Pause.changed(paused, by=_text(action, "by"), reason=_text(action, "reason"), since=at)
    for _ in range(_ROUNDS):
        before = ports.controls.read(key)
        changed = Pause.parse(before).paused is not paused
        text = after.dump() if changed or before is None else before
        observed = {"paused": paused, "changed": changed}
        try:
            return ports.controls.replace(key, before, text, action_id=action.id, observed=observed)
        except ConflictError:
            continue
    raise ContendedError(f"the pause of {action.target.id} kept changing")


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the action's effect left behind, or None when it has not happened."""
    return ports.controls.applied(action.id)


def _announce(kind: type[BotControl], action: Action, observed: Observation) -> Sequence[EventData]:
    if not observed["changed"]:
        return []
    held = dict(zip(("bot", "action"), _held(action), strict=False))
    return [kind.model_validate({**held, "by": _text(action, "by"), "reason": _text(action, "reason")})]


def _held(action: Action) -> tuple[str, ...]:
    """The bot, and where only one of its actions is meant, that."""
    return tuple(action.target.id.split("/")) if action.target.kind == "action" else (action.target.id,)


def _text(action: Action, name: str) -> str:
    return str(action.parameters[name])


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "pause-bot": Effect(partial(switch, paused=True), observe, partial(_announce, BotPaused)),
    "resume-bot": Effect(partial(switch, paused=False), observe, partial(_announce, BotResumed)),
    "pause-action": Effect(partial(switch, paused=True), observe, partial(_announce, ActionPaused)),
    "resume-action": Effect(partial(switch, paused=False), observe, partial(_announce, ActionResumed)),
}
