"""What the migration bot needs from outside: records, items, rollouts, old reads, flags, flows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from functions.migration.demands import Demands
from functions.migration.switches import Switches
from writ.adapters.late import late
from writ.adapters.late_flags import late_flags
from writ.adapters.migration_table import MigrationTable
from writ.adapters.old_reads import CloudWatchOldReads
from writ.adapters.service_items import ServiceItems
from writ.adapters.step_functions import StepFunctions
from writ.adapters.system import SystemClock
from writ.migration.ports import Items, Migrations, OldReads
from writ.migration.runner import Runner
from writ.ports.clock import Clock
from writ.ports.flows import Flows
from writ.runtime.environment import Environment

if TYPE_CHECKING:
    from writ.ports.actions import ActionStore
    from writ.rollout.ports import Rollouts


@dataclass(frozen=True)
class Ports:
    """The migration bot's own ports."""

    migrations: Migrations
    items: Items
    rollouts: Rollouts
    reads: OldReads
    switches: Switches
    demands: Demands
    flows: Flows
    clock: Clock

    @property
    def runner(self) -> Runner:
        return Runner(self.migrations, self.items, self.clock)


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    migrations, rollouts = environment.table("migrations"), environment.table("rollouts")
    return Ports(
        migrations=MigrationTable(migrations),
        items=ServiceItems(migrations, rollouts),
        rollouts=late(partial(_rollouts, rollouts)),
        reads=CloudWatchOldReads(),
        switches=Switches(late_flags(environment.flag_site())),
        demands=Demands(late(partial(_actions, environment.table("actions"), environment.table("usage")))),
        flows=StepFunctions(environment.flows),
        clock=SystemClock(),
    )


def _actions(table: str, usage: str) -> ActionStore:
    from writ.adapters.action_table import ActionTable

    return ActionTable(table, usage)


def _rollouts(table: str) -> Rollouts:
    from writ.adapters.rollout_table import RolloutTable

    return RolloutTable(table)
