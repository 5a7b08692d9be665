"""What the routes of actions and approvals need from outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from functions.approvals.answer import Desk
from functions.approvals.index import ActionIndex
from functions.approvals.listing import ActionList
from writ.adapters.action_table import ActionTable
from writ.adapters.approval_table import ApprovalTable
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.runtime.connect import answers
from writ.runtime.environment import current


@dataclass(frozen=True, slots=True)
class Ports:
    """The concern's own ports."""

    desk: Desk
    listing: ActionList
    clock: Clock


@cache
def connect() -> Ports:
    """The ports of a deployed function, once in an execution environment."""
    environment = current()
    actions = environment.table("actions")
    desk = Desk(
        ActionTable(actions, environment.table("usage")),
        ApprovalTable(environment.table("approvals")),
        answers(environment),
    )
    return Ports(desk, ActionIndex(actions), SystemClock())
