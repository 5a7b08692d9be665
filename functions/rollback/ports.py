"""What the rollback bot needs from outside: rollouts, aliases, metrics, the ledger's word, incidents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from functions.rollback.incident import Incidents
from functions.rollback.migrations import NoMigrations, ServiceMigrations
from functions.rollback.proofs import LedgerProofs, Proofs
from functions.rollback.table import IncidentTable
from writ.adapters.action_table import ActionTable
from writ.adapters.cloudwatch import CloudWatchMetrics
from writ.adapters.index_table import IndexTable
from writ.adapters.lambda_aliases import LambdaAliases
from writ.adapters.lambda_hooks import LambdaHooks
from writ.adapters.late import late
from writ.adapters.rollout_table import RolloutTable
from writ.adapters.step_functions import StepFunctions
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.ports.flows import Flows
from writ.rollout.coordinator import Coordinator
from writ.rollout.observer import Observer
from writ.rollout.ports import Hooks, Rollouts
from writ.runtime.connect import recorder
from writ.runtime.environment import Environment

# Longer than an attempt can live: the function is ended before.
MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Ports:
    """The rollback bot's own ports."""

    rollouts: Rollouts
    coordinator: Coordinator
    observer: Observer
    flows: Flows
    hooks: Hooks
    proofs: Proofs
    incidents: Incidents
    clock: Clock
    migrations: ServiceMigrations = field(default_factory=NoMigrations)


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    clock, table = SystemClock(), environment.table("rollouts")
    rollouts = RolloutTable(table)
    lease = timedelta(seconds=environment.timeout_s) + MARGIN
    actions = ActionTable(environment.table("actions"), environment.table("usage"))
    return Ports(
        rollouts=rollouts,
        coordinator=Coordinator(rollouts, LambdaAliases(), LambdaHooks(), clock, lease),
        observer=Observer("rollback", CloudWatchMetrics(), actions, clock),
        flows=StepFunctions(environment.flows),
        hooks=LambdaHooks(impatient=True),
        proofs=LedgerProofs(IndexTable(environment.table("index")), recorder(environment)),
        incidents=IncidentTable(table),
        clock=clock,
        migrations=late(partial(_migrations, environment.table("migrations"))),
    )


def _migrations(table: str) -> ServiceMigrations:
    from functions.rollback.shapes import Shapes
    from writ.adapters.migration_table import MigrationTable

    return Shapes(MigrationTable(table))
