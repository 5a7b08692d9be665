"""How a loop, and the bot around it, are connected to the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from writ.runtime.effect import PortsT

if TYPE_CHECKING:
    from writ.ports.actions import ActionStore
    from writ.ports.approvals import ApprovalStore
    from writ.ports.bus import EventBus
    from writ.ports.clock import Clock
    from writ.ports.evidence import Evidence
    from writ.ports.flows import FlowReplies
    from writ.runtime.identity import Identity
    from writ.runtime.judge import Judge
    from writ.runtime.loop import Loop
    from writ.runtime.testimony import Testimony


@dataclass(frozen=True, slots=True)
class LoopPorts:
    """What the loop needs from outside."""

    actions: ActionStore
    approvals: ApprovalStore
    evidence: Evidence
    bus: EventBus
    judge: Judge
    clock: Clock
    entropy: Callable[[int], bytes]
    replies: FlowReplies

    def testimony(self, identity: Identity) -> Testimony:
        """What a function of this identity states; loaded for an action, which many events have none of."""
        from writ.runtime.testimony import Testimony

        return Testimony(identity, self.evidence, self.entropy)


@dataclass(frozen=True, slots=True)
class Wiring(Generic[PortsT]):
    """A bot's connection to the world: built once in an execution environment, or handed in by a test."""

    loop: Loop[PortsT]
    ports: PortsT
    clock: Clock
