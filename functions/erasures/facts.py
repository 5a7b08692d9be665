"""What the plan must know: how the key stands, which holds there are, what is unfinished and what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from functions.erasures.model import KeyState
from functions.erasures.retention import Due, due
from writ.contracts.event import AnyEvent
from writ.contracts.events.erasures import ErasureRequested, HoldLiftRequested, HoldRequested
from writ.contracts.events.platform import ScheduleTicked

if TYPE_CHECKING:
    from functions.erasures.ports import Ports

# Longer than an attempt and its retries take; after that nobody else finishes it.
STUCK: Final = timedelta(minutes=30)


class Facts(BaseModel):
    """`holds` are id and scope of those in force; `used` says that the id of a new hold is not new."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    state: KeyState | None = None
    entries: int = 0
    holds: dict[str, str] = {}
    used: bool = False
    unfinished: tuple[str, ...] = ()
    due: tuple[Due, ...] = ()


def gather(event: AnyEvent, ports: Ports) -> Facts:
    """Read the facts of a command or a tick."""
    holds = {hold.id: hold.scope for hold in ports.vault.holds()}
    match event.data:
        case ErasureRequested() as command:
            key = ports.vault.read(command.subject)
            entries = 0 if key is None else len(ports.vault.members(command.subject))
            return Facts(state=key and key.state, entries=entries, holds=holds)
        case HoldRequested() as command:
            return Facts(holds=holds, used=ports.vault.hold(command.id) is not None)
        case HoldLiftRequested():
            return Facts(holds=holds)
        case ScheduleTicked():
            now = ports.clock.now()
            begun = (KeyState.ERASING, KeyState.DESTROYED)
            stuck = tuple(
                key.ref
                for key in ports.vault.erasures()
                if key.state in begun and key.since is not None and now - key.since >= STUCK
            )
            return Facts(holds=holds, unfinished=stuck, due=tuple(due(ports, now)))
        case _:
            return Facts()
