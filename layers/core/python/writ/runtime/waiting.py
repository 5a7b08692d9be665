"""Flows that wait for a person: which one is kept beside the request, and told with the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from writ.contracts.action import Verdict
from writ.ports.actions import Phase

if TYPE_CHECKING:
    from pydantic import SecretStr

    from writ.ports.actions import ActionRecord, ActionStore
    from writ.ports.approvals import ApprovalStore
    from writ.ports.flows import FlowReplies


@dataclass(frozen=True, slots=True)
class WaitingFlows:
    """Every method may be repeated: a flow takes the first reply, and no other."""

    actions: ActionStore
    approvals: ApprovalStore
    replies: FlowReplies

    def attend(self, action_id: str, token: SecretStr) -> None:
        """Have a flow wait for the outcome of an action; a flow that waited before it waits no longer."""
        self.approvals.attend(action_id, token)
        record = self.actions.get(action_id)
        if record is not None and record.phase is Phase.CLOSED:  # between the question and the token
            self._reply(token, record)

    def tell(self, record: ActionRecord) -> None:
        """Tell the flow that waits for a closed action, if one does.

        Raises TransientError when it cannot be told now: the action is then not closed yet, and its next
        attempt, which the reconciler sees to, comes back here.
        """
        reviewed = record.approval is not None or record.decision.verdict is Verdict.REVIEW
        request = self.approvals.get(record.action.id) if reviewed else None
        if request is not None and request.token is not None:
            self._reply(request.token, record)

    def _reply(self, token: SecretStr, record: ActionRecord) -> None:
        from writ.runtime.reports import report_of  # few functions ever wait

        self.replies.reply(token, report_of([record]))
