"""What the plan must know: whether a later note of the same topic is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from functions.pr.note import Pull, Stamp
from writ.contracts.event import AnyEvent
from writ.contracts.events.forge import PullRequestNoted

if TYPE_CHECKING:
    from functions.pr.ports import Ports


class Facts(BaseModel):
    """`newest` is the stamp of the note that the topic shows, None before the first."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    newest: Stamp | None = None


def gather(event: AnyEvent, ports: Ports) -> Facts:
    """Read the facts of an event."""
    data = event.data
    if not isinstance(data, PullRequestNoted):
        return Facts()
    pull = Pull(repository=data.repository, number=data.pull_request)
    note = ports.threads.note(pull, data.topic)
    return Facts(newest=note and note.stamp)
