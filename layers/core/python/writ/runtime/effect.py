"""What a bot does to the world, as the loop knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from writ.contracts.action import Action
from writ.trace import recording

if TYPE_CHECKING:
    from writ.contracts.event import EventData

PortsT = TypeVar("PortsT")
Observation = Mapping[str, object]


def _nothing(_action: Action, _observed: Observation) -> Sequence[EventData]:
    return ()


@dataclass(frozen=True, slots=True)
class Effect(Generic[PortsT]):
    """How to carry out an action, and how to find out whether it was carried out already.

    `perform` returns what was observed afterwards. `observe` returns the same for an effect that
    happened, None for one that did not, and raises when it cannot tell. `announce` names the domain
    events of a success; they are published once its outcome is durable.
    """

    perform: Callable[[Action, PortsT], Observation]
    observe: Callable[[Action, PortsT], Observation | None]
    announce: Callable[[Action, Observation], Sequence[EventData]] = _nothing

    def carry_out(self, action: Action, ports: PortsT) -> Observation:
        """Perform it, in a span."""
        with recording.span("perform"):
            return self.perform(action, ports)
