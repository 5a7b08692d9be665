"""The slo bot on ports in memory, over the manifests of this project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from functions.slo import api as routes
from functions.slo.catalog import Service
from functions.slo.handler import bot
from functions.slo.perform import ACTIONS
from functions.slo.ports import PlaneNow, Ports
from stacks.manifest import load_folders
from stacks.service_manifest import load_services
from tests.support.controls import ControlledPlane
from tests.support.wire import wire
from writ.contracts.errors import WritError
from writ.contracts.service import Indicator, ServiceManifest
from writ.slo.counts import HOUR, SLOT, Count, History, number_of


@dataclass
class MemoryOutcomes:
    """Histories by bot."""

    histories: dict[str, History] = field(default_factory=dict)

    def history(self, bot: str, now: datetime) -> History:
        return self.histories.get(bot, History())

    def happened(self, bot: str, now: datetime, events: Iterable[tuple[timedelta, Count]]) -> None:
        """What happened to a bot, so long before now."""
        slots: dict[int, Count] = {}
        hours: dict[int, Count] = {}
        for ago, count in events:
            for numbers, length in ((slots, SLOT), (hours, HOUR)):
                number = number_of(now - ago, length)
                numbers[number] = numbers.get(number, Count()) + count
        self.histories[bot] = History(slots, hours)


@dataclass
class MemoryMeters:
    """Histories by indicator; `broken` is what reading them raises."""

    histories: list[tuple[Indicator, History]] = field(default_factory=list)
    broken: WritError | None = None

    def read(self, indicators: Sequence[Indicator], now: datetime) -> Sequence[History]:
        if self.broken:
            raise self.broken
        known = {id(indicator): history for indicator, history in self.histories}
        return [known.get(id(indicator), History()) for indicator in indicators]

    def happened(
        self, indicator: Indicator, now: datetime, events: Iterable[tuple[timedelta, Count]]
    ) -> None:
        """What happened to an indicator, so long before now."""
        outcomes = MemoryOutcomes()
        outcomes.happened("it", now, events)
        self.histories = [(one, history) for one, history in self.histories if one is not indicator]
        self.histories.append((indicator, outcomes.histories["it"]))


@pytest.fixture
def api_service() -> ServiceManifest:
    """The service that comes with Writ."""
    return next(service for service in load_services() if service.name == "api")


@pytest.fixture
def meters() -> MemoryMeters:
    return MemoryMeters()


@pytest.fixture
def outcomes() -> MemoryOutcomes:
    return MemoryOutcomes()


@pytest.fixture
def plane(
    monkeypatch: pytest.MonkeyPatch,
    outcomes: MemoryOutcomes,
    meters: MemoryMeters,
    api_service: ServiceManifest,
) -> ControlledPlane:
    plane = ControlledPlane()
    manifests = {folder.name: folder.manifest for folder in load_folders()}
    now = PlaneNow(2, 1234, plane.clock.now() - timedelta(minutes=3))
    services = {"api": Service(manifest=api_service, unmeasured=frozenset({"latency"}))}
    ports = Ports(
        lambda: manifests, lambda: services, outcomes, meters, plane.controls, plane.clock, lambda: now
    )
    wire(monkeypatch, bot, routes, plane.wiring("slo", ACTIONS, ports))
    return plane
