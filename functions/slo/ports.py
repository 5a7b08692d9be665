"""What the slo bot needs from outside: the catalogs, what was counted, the controls, and the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from functions.slo.catalog import Services, deployed, services
from writ.adapters.control_table import ControlTable
from writ.adapters.outcome_table import OutcomeTable
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.ports.controls import ControlStore
from writ.runtime.catalog import Catalog
from writ.runtime.environment import Environment
from writ.slo.counts import History

if TYPE_CHECKING:
    from writ.contracts.service import Indicator


class Outcomes(Protocol):
    """What the loop counted."""

    def history(self, bot: str, now: datetime) -> History:
        """Actions of the last 30 days that succeeded and failed."""


class Metered(Protocol):
    """What CloudWatch counted."""

    def read(self, indicators: Sequence[Indicator], now: datetime) -> Sequence[History]:
        """Good and bad events of the last 30 days, for every indicator of a service. Raises WritError."""


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
    services: Callable[[], Services]
    outcomes: Outcomes
    metered: Metered
    controls: ControlStore
    clock: Clock
    plane: Callable[[], PlaneNow]


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(
        deployed,
        services,
        OutcomeTable(environment.table("usage")),
        _metered(environment),
        ControlTable(environment.table("controls")),
        SystemClock(),
        lambda: _plane(environment),
    )


def _metered(environment: Environment) -> Metered:
    from writ.adapters.metric_history import MetricHistory
    from writ.adapters.parameters import Parameters

    return MetricHistory(Parameters(environment.parameters).read)


def _plane(environment: Environment) -> PlaneNow:
    from writ.adapters.action_table import ActionTable
    from writ.adapters.head_table import HeadTable
    from writ.ports.actions import Phase

    actions = ActionTable(environment.table("actions"), environment.table("usage"))
    head = HeadTable(environment.table("log")).read()
    return PlaneNow(actions.count(Phase.WAITING), head.size, head.published_at)
