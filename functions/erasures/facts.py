"""What the plan must know: how the key stands, which holds there are, what is unfinished and what is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from functions.erasures.model import FLOW, KeyState
from functions.erasures.retention import Due, due
from writ.contracts.event import AnyEvent
from writ.contracts.events.erasures import ErasureRequested, HoldLiftRequested, HoldRequested
from writ.contracts.events.platform import ScheduleTicked
from writ.ports.flows import RunState

if TYPE_CHECKING:
    from functions.erasures.ports import Ports

# Longer than it takes from the fence to the start of the flow.
STUCK: Final = timedelta(minutes=10)


class Facts(BaseModel):
    """`holds` are id and scope of those in force; `used` says that the id of a new hold is not new.

    `unfinished` are erasures whose flow is over, with the number that its next attempt has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    state: KeyState | None = None
    entries: int = 0
    holds: dict[str, str] = {}
    used: bool = False
    unfinished: dict[str, int] = {}
    due: tuple[Due, ...] = ()


def gather(event: AnyEvent, ports: "Ports") -> Facts:
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
            return Facts(holds=holds, unfinished=dict(_stopped(ports, now)), due=tuple(due(ports, now)))
        case _:
            return Facts()


def _stopped(ports: "Ports", now: datetime) -> Iterator[tuple[str, int]]:
    for key in ports.vault.erasures():
        begun = key.state in (KeyState.ERASING, KeyState.DESTROYED)
        if begun and key.since is not None and now - key.since >= STUCK:
            run = ports.flows.find(FLOW, key.ref)
            if run is None or run.state is not RunState.RUNNING:
                yield key.ref, 1 if run is None else run.attempt + 1
