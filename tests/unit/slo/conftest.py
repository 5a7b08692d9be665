"""The slo bot on ports in memory, over the manifests of this project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from functions.slo import api as routes
from functions.slo.handler import bot
from functions.slo.perform import ACTIONS
from functions.slo.ports import PlaneNow, Ports
from stacks.manifest import load_folders
from tests.support.controls import ControlledPlane
from tests.support.wire import wire
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


@pytest.fixture
def outcomes() -> MemoryOutcomes:
    return MemoryOutcomes()


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch, outcomes: MemoryOutcomes) -> ControlledPlane:
    plane = ControlledPlane()
    manifests = {folder.name: folder.manifest for folder in load_folders()}
    now = PlaneNow(2, 1234, plane.clock.now() - timedelta(minutes=3))
    ports = Ports(lambda: manifests, outcomes, plane.controls, plane.clock, lambda: now)
    wire(monkeypatch, bot, routes, plane.wiring("slo", ACTIONS, ports))
    return plane
