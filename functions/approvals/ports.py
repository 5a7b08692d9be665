"""What the routes of actions and approvals need from outside."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache

from functions.approvals.answer import Desk
from functions.approvals.index import ActionIndex
from functions.approvals.listing import ActionList
from writ.adapters.action_table import ActionTable
from writ.adapters.approval_table import ApprovalTable
from writ.adapters.eventbridge import EventBridgeBus
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.runtime.answers import Answers
from writ.runtime.environment import current
from writ.runtime.loop import Identity


@dataclass(frozen=True, slots=True)
class Ports:
    """The concern's own ports."""

    desk: Desk
    listing: ActionList
    clock: Clock


@cache
def connect() -> Ports:
    """The ports of a deployed function, once in an execution environment."""
    from writ.adapters.recorder import connect_recorder  # noqa: PLC0415

    environment = current()
    clock = SystemClock()
    actions = environment.table("actions")
    identity = Identity(environment.bot, environment.owner, environment.version, environment.code_digest)
    desk = Desk(
        ActionTable(actions, environment.table("controls")),
        ApprovalTable(environment.table("approvals")),
        Answers(
            identity,
            connect_recorder(environment),
            EventBridgeBus(environment.bus),
            clock,
            secrets.token_bytes,
        ),
    )
    return Ports(desk, ActionIndex(actions), clock)
