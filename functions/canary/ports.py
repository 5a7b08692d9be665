"""What the canary bot needs from outside: rollouts, aliases, hooks, metrics, what became of its gates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from writ.adapters.action_table import ActionTable
from writ.adapters.cloudwatch import CloudWatchMetrics
from writ.adapters.lambda_aliases import LambdaAliases
from writ.adapters.lambda_hooks import LambdaHooks
from writ.adapters.rollout_table import RolloutTable
from writ.adapters.step_functions import StepFunctions
from writ.adapters.system import SystemClock
from writ.ports.flows import Flows
from writ.rollout.coordinator import Coordinator
from writ.rollout.observer import Observer
from writ.rollout.ports import Rollouts
from writ.runtime.environment import Environment

# Longer than an attempt can live: the function is ended before.
MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Ports:
    """The canary bot's own ports."""

    rollouts: Rollouts
    coordinator: Coordinator
    observer: Observer
    flows: Flows


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    clock, rollouts = SystemClock(), RolloutTable(environment.table("rollouts"))
    lease = timedelta(seconds=environment.timeout_s) + MARGIN
    actions = ActionTable(environment.table("actions"), environment.table("usage"))
    return Ports(
        rollouts=rollouts,
        coordinator=Coordinator(rollouts, LambdaAliases(), LambdaHooks(), clock, lease),
        observer=Observer("canary", CloudWatchMetrics(), actions, clock),
        flows=StepFunctions(environment.flows),
    )
