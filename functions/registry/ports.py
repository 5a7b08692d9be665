"""What the registry needs from outside: the catalog, the controls, what was counted, and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from functions.registry import catalog
from functions.registry.statistics import Statistics, StatisticsTable
from writ.adapters.control_table import ControlTable
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.ports.controls import ControlStore
from writ.runtime.catalog import Catalog
from writ.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Ports:
    """The registry's own ports."""

    catalog: Callable[[], Catalog]
    controls: ControlStore
    statistics: Statistics
    clock: Clock


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(
        catalog.deployed,
        ControlTable(environment.table("controls")),
        StatisticsTable(environment.table("usage")),
        SystemClock(),
    )
