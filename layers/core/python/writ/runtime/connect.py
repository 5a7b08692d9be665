"""Connects the loop of a bot to the AWS environment it was deployed to, once a process."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from writ.adapters.action_table import ActionTable
from writ.adapters.approval_table import ApprovalTable
from writ.adapters.eventbridge import EventBridgeBus
from writ.adapters.guard_table import GuardTable
from writ.adapters.recorder import DeployedRecorder
from writ.adapters.step_functions import StepFunctionsReplies
from writ.adapters.system import SystemClock
from writ.runtime.access import LatePolicy, windows
from writ.runtime.effect import Effect, PortsT
from writ.runtime.environment import Environment, current
from writ.runtime.identity import own_identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.wiring import LoopPorts, Wiring

if TYPE_CHECKING:
    from writ.runtime.answers import Answers

LEASE_MARGIN: Final = timedelta(seconds=5)


def connect(
    name: str, effects: Mapping[str, Effect[PortsT]], ports: Callable[[Environment], PortsT]
) -> Wiring[PortsT]:
    """Build what a bot runs on. The lease is the function's timeout and a margin: no attempt outlives it."""
    environment = current()
    clock = SystemClock()
    bot_ports = ports(environment)
    identity = replace(own_identity(environment), bot=name)
    lease = timedelta(seconds=environment.timeout_s) + LEASE_MARGIN
    loop = Loop(identity, environment.actions, effects, loop_ports(environment), bot_ports, lease=lease)
    return Wiring(loop, bot_ports, clock)


def answers(environment: Environment) -> Answers:
    """What makes people's answers known, in the name of this function."""
    from writ.runtime.answers import Answers

    return Answers(
        identity=own_identity(environment),
        evidence=recorder(environment),
        bus=EventBridgeBus(environment.bus),
        clock=SystemClock(),
        entropy=secrets.token_bytes,
    )


def recorder(environment: Environment) -> DeployedRecorder:
    """What makes statements durable, in the name of this function."""
    return DeployedRecorder(
        environment.table("entries"),
        environment.authority,
        environment.table("subjects"),
        environment.key("subjects"),
    )


def loop_ports(environment: Environment) -> LoopPorts:
    """The loop's ports on AWS."""
    usage = environment.table("usage")
    return LoopPorts(
        actions=ActionTable(environment.table("actions"), usage),
        approvals=ApprovalTable(environment.table("approvals")),
        evidence=recorder(environment),
        bus=EventBridgeBus(environment.bus),
        judge=Judge(LatePolicy(), GuardTable(environment.table("controls"), usage, windows)),
        clock=SystemClock(),
        entropy=secrets.token_bytes,
        replies=StepFunctionsReplies(),
    )
