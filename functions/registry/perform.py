"""The registry's effects: the pause of one bot is replaced, together with the mark that this happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from functions.registry.pause import Pause
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, TransientError
from writ.contracts.event import EventData
from writ.contracts.events.controls import BotPaused, BotResumed
from writ.ports.controls import pause_key
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.registry.ports import Ports

_ROUNDS: Final = 5


def switch(action: Action, ports: Ports, *, paused: bool) -> Observation:
    """Pause or resume the bot. One that is so already stays as it is, with the reason of the first time."""
    key = pause_key(action.target.id)
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
    raise TransientError(f"the pause of {action.target.id} kept changing", code="dependency.contended")


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the action's effect left behind, or None when it has not happened."""
    return ports.controls.applied(action.id)


def _announce(
    kind: type[BotPaused] | type[BotResumed], action: Action, observed: Observation
) -> Sequence[EventData]:
    if not observed["changed"]:
        return []
    return [kind(bot=action.target.id, by=_text(action, "by"), reason=_text(action, "reason"))]


def _text(action: Action, name: str) -> str:
    return str(action.parameters[name])


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "pause-bot": Effect(partial(switch, paused=True), observe, partial(_announce, BotPaused)),
    "resume-bot": Effect(partial(switch, paused=False), observe, partial(_announce, BotResumed)),
}
