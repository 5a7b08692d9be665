"""The registry bot on ports in memory, over the manifests of this project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.registry import api as routes
from functions.registry.handler import bot
from functions.registry.perform import ACTIONS
from functions.registry.performance import Tally
from functions.registry.ports import Ports
from stacks import staging
from stacks.manifest import load_folders
from tests.support.controls import ControlledPlane
from tests.support.wire import wire
from writ.runtime.catalog import Catalog, load


@dataclass
class MemoryStatistics:
    """Outcomes by bot and hour."""

    counted: dict[str, dict[str, Tally]] = field(default_factory=dict)

    def hours(self, bot: str, first: str, last: str) -> Mapping[str, Tally]:
        hours = self.counted.get(bot, {})
        return {hour: tally for hour, tally in hours.items() if first <= hour <= last}


@pytest.fixture(scope="session")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The catalog as it is deployed."""
    path: Path = tmp_path_factory.mktemp("catalog") / "catalog.json"
    path.write_bytes(staging.catalog(load_folders()))
    return load(path)


@pytest.fixture
def statistics() -> MemoryStatistics:
    return MemoryStatistics()


@pytest.fixture
def plane(
    monkeypatch: pytest.MonkeyPatch, manifests: Catalog, statistics: MemoryStatistics
) -> ControlledPlane:
    plane = ControlledPlane()
    ports = Ports(lambda: manifests, plane.controls, statistics, plane.clock)
    wire(monkeypatch, bot, routes, plane.wiring("registry", ACTIONS, ports))
    return plane
