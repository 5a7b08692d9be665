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
class PlaneNow:
    """The plane as a whole: actions that wait for a person, entries in the log, its newest checkpoint."""

    waiting: int
    entries: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ports:
    """The slo bot's own ports."""

    catalog: Callable[[], Catalog]
    outcomes: Outcomes
    controls: ControlStore
    clock: Clock
    plane: Callable[[], PlaneNow]


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(
        catalog.deployed,
        OutcomeTable(environment.table("usage")),
        ControlTable(environment.table("controls")),
        SystemClock(),
        lambda: _plane(environment),
    )


def _plane(environment: Environment) -> PlaneNow:
    from writ.adapters.action_table import ActionTable
    from writ.adapters.head_table import HeadTable
    from writ.ports.actions import Phase

    actions = ActionTable(environment.table("actions"), environment.table("usage"))
    head = HeadTable(environment.table("log")).read()
    return PlaneNow(actions.count(Phase.WAITING), head.size, head.published_at)
