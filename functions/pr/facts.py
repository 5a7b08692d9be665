"""What the plan must know: what is kept of a topic, and what rules of gates are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from functions.pr.gate_check import RuleText
from functions.pr.note import Pull, Stamp
from writ.contracts.event import AnyEvent
from writ.contracts.events.forge import PullRequestNoted
from writ.contracts.events.gates import GateResultRecorded

if TYPE_CHECKING:
    from functions.pr.ports import Ports


class Facts(BaseModel):
    """`newest` is the stamp of the note that the topic shows, None before the first.

    `rules` are the texts of those rules that a result of gates names, and that are known here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    newest: Stamp | None = None
    rules: dict[str, RuleText] = {}


def gather(event: AnyEvent, ports: Ports) -> Facts:
    """Read the facts of an event."""
    data = event.data
    if isinstance(data, PullRequestNoted):
        pull = Pull(repository=data.repository, number=data.pull_request)
        note = ports.threads.note(pull, data.topic)
        return Facts(newest=note and note.stamp)
    if isinstance(data, GateResultRecorded):
        return Facts(rules=ports.rules({violation.rule for violation in data.violations}))
    return Facts()
