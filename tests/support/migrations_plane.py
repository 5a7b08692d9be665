"""The migration bot over items in memory, its policy the project's own; its real flow takes it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.migration import api as routes
from functions.migration import handler
from functions.migration.demands import Demands
from functions.migration.facts import FLOW
from functions.migration.perform import ACTIONS
from functions.migration.ports import Ports
from functions.migration.switches import Switches
from tests.support.controls import ControlledPlane
from tests.support.flow_runs import FlowRuns
from tests.support.migrations import TABLE, MemoryItems, MemoryMigrations, MemoryReads, order
from tests.support.rollouts import MemoryRollouts
from tests.support.wire import wire
from writ.contracts.flags import Rollout, context
from writ.migration.state import Record


@dataclass
class MemoryFlags:
    """Flags by name, each on for a share of all."""

    shares: dict[str, int] = field(default_factory=dict)

    def has(self, name: str, tenant: str) -> bool | None:
        if name not in self.shares:
            return None
        share = Rollout(percent=self.shares[name]).percent
        return bool(context(name, tenant)["bucket"] < share)


@dataclass
class MigrationsPlane:
    """A table with orders, the bot, and what it keeps."""

    plane: ControlledPlane = field(default_factory=ControlledPlane)
    migrations: MemoryMigrations = field(default_factory=MemoryMigrations)
    rollouts: MemoryRollouts = field(default_factory=MemoryRollouts)
    reads: MemoryReads = field(default_factory=MemoryReads)
    flags: MemoryFlags = field(default_factory=MemoryFlags)

    def __post_init__(self) -> None:
        self.items = MemoryItems(self.migrations, self.rollouts)
        self.runs = FlowRuns(FLOW, handler.bot, self.plane.flows, self.plane.clock)

    @property
    def orders(self) -> dict[str, dict[str, Any]]:
        return self.items.tables[TABLE]

    @property
    def ports(self) -> Ports:
        return Ports(
            migrations=self.migrations,
            items=self.items,
            rollouts=self.rollouts,
            reads=self.reads,
            switches=Switches(self.flags),
            demands=Demands(self.plane.actions),
            flows=self.plane.flows,
            clock=self.plane.clock,
        )

    def seed(self, count: int) -> dict[str, dict[str, Any]]:
        """Orders of the old shape, as they are then."""
        made = {item["id"]["S"]: item for item in (order(number) for number in range(count))}
        self.orders.update(made)
        return dict(made)

    def connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wire(monkeypatch, handler.bot, routes, self.plane.wiring("migration", dict(ACTIONS), self.ports))

    def record(self, id: str = "orders-total") -> Record:
        found = self.migrations.read(id)
        assert found is not None
        return found

    def until(self, stage: str) -> None:
        """Take the flow on until the migration has come to a stage."""
        while self.record().stage.value != stage:
            assert self.runs.step(), f"it ended in {self.record().stage}: {self.record().pause}"

    def settle(self) -> None:
        """Take the flow on until it ends, or waits for a person."""
        while self.waiting() is None and self.runs.step():
            pass

    def waiting(self) -> str | None:
        """The action that a person has to decide."""
        for id, request in self.plane.approvals.requests.items():
            if request.answer is None and not request.expired:
                return id
        return None
