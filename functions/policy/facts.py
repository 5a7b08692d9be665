"""What the plan must know: what is set, and which rules may be waived."""

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.policy import book
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.contracts.events.break_glass import BreakGlassControl
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.policy import (
    FreezeDeclarationRequested,
    GateExceptionRequested,
    GateExceptionRevocationRequested,
)
from writ.policy.break_glass import BreakGlass
from writ.policy.controls import Freeze, GateException, PolicyException
from writ.policy.holidays import Calendar
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
    calendars: dict[str, Calendar] = {}
    waivable: tuple[str, ...] = ()
    breakable: tuple[str, ...] = ()


def gather(event: AnyEvent, ports: "Ports") -> Facts:
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
        calendars=_calendars(ports) if _by_holidays(event) else {},
        waivable=tuple(ports.waivable()),
    )


def _by_holidays(event: AnyEvent) -> bool:
    data = event.data
    return isinstance(data, FreezeDeclarationRequested) and bool(data.repeats and data.repeats.calendar)


def _calendars(ports: "Ports") -> dict[str, Calendar]:
    """Raises WritError (`policy.unreadable`) where the bundle's calendars are none."""
    known = ports.rules.bundle.data.get("calendar", {}).get("holidays", {})
    try:
        return {
            name: Calendar.model_validate_json(json.dumps({"name": name, **said}))
            for name, said in known.items()
        }
    except (ValidationError, TypeError, AttributeError):
        raise WritError("the calendars of holidays cannot be read", code="policy.unreadable") from None
