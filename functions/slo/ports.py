"""What the slo bot needs from outside: the catalog, what was counted, the controls, and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.slo import catalog
from writ.adapters.control_table import ControlTable
from writ.adapters.outcome_table import OutcomeTable
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.ports.controls import ControlStore
from writ.runtime.catalog import Catalog
from writ.runtime.environment import Environment
from writ.slo.counts import History


class Outcomes(Protocol):
    """What the loop counted."""

    def history(self, bot: str, now: datetime) -> History:
        """Actions of the last 30 days that succeeded and failed."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The slo bot's own ports."""

    catalog: Callable[[], Catalog]
    outcomes: Outcomes
    controls: ControlStore
    clock: Clock


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(
        catalog.deployed,
        OutcomeTable(environment.table("usage")),
        ControlTable(environment.table("controls")),
        SystemClock(),
    )
