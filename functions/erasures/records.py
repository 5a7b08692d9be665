"""The working copies of what evidence says, on DynamoDB: records of actions and the answers to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from functions.erasures.model import ERASED_MARK
from writ.adapters.action_table import ActionTable
from writ.adapters.approval_table import ApprovalTable
from writ.contracts.action import Action, Decision, Target
from writ.contracts.data_subjects import PERSON_KINDS
from writ.ports.actions import ActionRecord, Phase

_OPEN: Final = 1000


class ActionRecords:
    """See Records."""

    def __init__(self, actions: str, usage: str, approvals: str) -> None:
        self._actions = ActionTable(actions, usage)
        self._approvals = ApprovalTable(approvals)

    def is_open(self, action_id: str) -> bool:
        record = self._actions.get(action_id)
        return record is not None and record.phase is not Phase.CLOSED

    def opened(self) -> Sequence[str]:
        far = datetime.max.replace(tzinfo=UTC)
        phases = (Phase.CLAIMED, Phase.WAITING)
        return [r.action.id for phase in phases for r in self._actions.stale(phase, far, _OPEN)]

    def forget(self, action_id: str) -> None:
        record = self._actions.get(action_id)
        if record is None or record.phase is not Phase.CLOSED:
            return
        after = scrubbed(record)
        if after != record:
            self._actions.advance(record, replace(after, version=record.version + 1))
        self._approvals.forget(action_id, ERASED_MARK)


def scrubbed(record: ActionRecord) -> ActionRecord:
    """A closed record without what its statements named people by; what was decided and came of it stays.

    Ids, times, names of bots and actions and the target stay, unless the target is itself a person.
    """
    action, cause, answer, outcome = record.action, record.cause, record.approval, record.outcome
    return replace(
        record,
        action=_scrubbed(action),
        decision=_nameless(record.decision),
        cause=replace(cause, actor_id=ERASED_MARK if cause.actor_id else ""),
        approval=answer and answer.model_copy(update={"by": ERASED_MARK, "reason": ERASED_MARK}),
        outcome=outcome and outcome.model_copy(update={"observed": {}, "message": None}),
    )


def _nameless(decision: Decision) -> Decision:
    """With codes instead of sentences: one of them names who approved."""
    reasons = tuple(reason.model_copy(update={"message": ERASED_MARK}) for reason in decision.reasons)
    return decision.model_copy(update={"reasons": reasons})


def _scrubbed(action: Action) -> Action:
    target = action.target
    if target.kind in PERSON_KINDS:
        target = Target(kind=target.kind, id=ERASED_MARK)
    return action.model_copy(update={"target": target, "parameters": {}, "reason": ERASED_MARK})
