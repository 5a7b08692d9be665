"""What the plan must know: what is set, and which rules may be waived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from functions.policy import book
from writ.contracts.event import AnyEvent
from writ.contracts.events.break_glass import BreakGlassControl
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.policy import GateExceptionRequested, GateExceptionRevocationRequested
from writ.policy.break_glass import BreakGlass
from writ.policy.controls import Freeze, GateException, PolicyException
from writ.ports.controls import BREAK_GLASS, EXCEPTIONS, FREEZES, GATE_EXCEPTIONS

if TYPE_CHECKING:
    from functions.policy.ports import Ports


class Facts(BaseModel):
    """Freezes, exceptions and break-glass as they are kept, ended ones included."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    freezes: tuple[Freeze, ...] = ()
    exceptions: tuple[PolicyException, ...] = ()
    gate_exceptions: tuple[GateException, ...] = ()
    break_glass: tuple[BreakGlass, ...] = ()
    waivable: tuple[str, ...] = ()
    breakable: tuple[str, ...] = ()


def gather(event: AnyEvent, ports: Ports) -> Facts:
    """Read the facts of a command. Raises TransientError when a document cannot be read."""
    if isinstance(event.data, BreakGlassControl):
        return Facts(
            break_glass=book.parse(BreakGlass, ports.controls.read(BREAK_GLASS)),
            breakable=tuple(ports.breakable()),
        )
    if isinstance(event.data, GateExceptionRequested | GateExceptionRevocationRequested):
        return Facts(gate_exceptions=book.parse(GateException, ports.controls.read(GATE_EXCEPTIONS)))
    if isinstance(event.data, ScheduleTicked):
        return Facts(
            break_glass=book.parse(BreakGlass, ports.controls.read(BREAK_GLASS)),
            exceptions=book.parse(PolicyException, ports.controls.read(EXCEPTIONS)),
            gate_exceptions=book.parse(GateException, ports.controls.read(GATE_EXCEPTIONS)),
        )
    return Facts(
        freezes=book.parse(Freeze, ports.controls.read(FREEZES)),
        exceptions=book.parse(PolicyException, ports.controls.read(EXCEPTIONS)),
        waivable=tuple(ports.waivable()),
    )
