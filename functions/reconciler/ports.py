"""The reconciler, connected to the environment it was deployed to."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from functions.reconciler.reconcile import Ports
from writ.adapters.action_table import ActionTable
from writ.adapters.approval_table import ApprovalTable
from writ.adapters.system import SystemClock
from writ.ports.actions import ActionRecord
from writ.runtime.connect import LEASE_MARGIN, answers, loop_ports
from writ.runtime.environment import current
from writ.runtime.identity import own_identity
from writ.runtime.loop import Loop


@cache
def connect() -> Ports:
    """The ports of a deployed function, once in an execution environment."""
    environment = current()
    return Ports(
        actions=ActionTable(environment.table("actions"), environment.table("usage")),
        approvals=ApprovalTable(environment.table("approvals")),
        answers=answers(environment),
        clock=SystemClock(),
        abandon=_abandon,
    )


def _abandon(action_id: str) -> ActionRecord:
    return _loop().abandon(action_id)


@cache
def _loop() -> Loop[None]:
    """A loop without actions of its own; made when first needed, for it compiles the policies."""
    environment = current()
    lease = timedelta(seconds=environment.timeout_s) + LEASE_MARGIN
    return Loop(own_identity(environment), {}, {}, loop_ports(environment), None, lease=lease)
