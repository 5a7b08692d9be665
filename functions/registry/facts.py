"""What the plan must know: whether there is such a bot, and whether it takes actions at all."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from writ.contracts.event import AnyEvent
from writ.contracts.events.controls import BotControl

if TYPE_CHECKING:
    from functions.registry.ports import Ports


class Facts(BaseModel):
    """`acts` is None for a bot that nobody deployed; `actions` are the names of what it may do."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    acts: bool | None = None
    actions: tuple[str, ...] = ()


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Look the bot of a command up in the catalog."""
    manifest = ports.catalog().get(event.data.bot) if isinstance(event.data, BotControl) else None
    if manifest is None:
        return Facts()
    return Facts(acts=bool(manifest.actions), actions=tuple(sorted(manifest.actions)))
