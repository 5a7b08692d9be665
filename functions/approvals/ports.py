"""What the routes of actions and approvals need from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from functions.approvals.index import ActionIndex
from functions.approvals.listing import ActionList
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.runtime.environment import Environment, current

if TYPE_CHECKING:
    from functions.approvals.answer import Desk


@dataclass(frozen=True, slots=True)
class Ports:
    """The concern's own ports; the desk is set up when an action is first looked into."""

    desk: Callable[[], Desk]
    listing: ActionList
    clock: Clock


@cache
def connect() -> Ports:
    """The ports of a deployed function, once in an execution environment."""
    environment = current()
    return Ports(cache(lambda: _desk(environment)), ActionIndex(environment.table("actions")), SystemClock())


def _desk(environment: Environment) -> Desk:
    from functions.approvals.answer import Desk
    from writ.adapters.action_table import ActionTable
    from writ.adapters.approval_table import ApprovalTable
    from writ.runtime.connect import answers

    return Desk(
        ActionTable(environment.table("actions"), environment.table("usage")),
        ApprovalTable(environment.table("approvals")),
        answers(environment),
    )
