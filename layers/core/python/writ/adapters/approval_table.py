"""ApprovalStore on DynamoDB: the first answer, or the expiry, is the one that stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import SecretStr
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.action import Approval
from writ.contracts.errors import ConflictError, NotFoundError
from writ.ports.approvals import ApprovalRequest


class ApprovalItem(Model):
    """`state` is waiting, answered or expired."""

    class Meta:
        table_name = "approvals"

    action_id = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute()
    bot = UnicodeAttribute()
    action = UnicodeAttribute()
    target = UnicodeAttribute()
    reason = UnicodeAttribute()
    requested_at = UnicodeAttribute()
    expires_at = UnicodeAttribute()
    answer = UnicodeAttribute(null=True)
    token = UnicodeAttribute(null=True)


class ApprovalTable:
    """See ApprovalStore."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(ApprovalItem, table)

    def ask(self, request: ApprovalRequest) -> None:
        item = self._item(
            request.action_id,
            state="waiting",
            bot=request.bot,
            action=request.action,
            target=request.target,
            reason=request.reason,
            requested_at=request.requested_at.isoformat(),
            expires_at=request.expires_at.isoformat(),
        )
        try:
            dynamo.save(item, self._item.action_id.does_not_exist())
        except ConflictError:
            return  # asked already

    def get(self, action_id: str) -> ApprovalRequest | None:
        item = dynamo.get(self._item, action_id)
        return None if item is None else _to_request(item)

    def attend(self, action_id: str, token: SecretStr) -> None:
        item = self._item
        try:
            dynamo.update(
                item(action_id), [item.token.set(token.get_secret_value())], item.action_id.exists()
            )
        except ConflictError:
            raise NotFoundError(f"no approval is asked for {action_id}", field="action_id") from None

    def answer(self, action_id: str, approval: Approval) -> ApprovalRequest:
        request = self.get(action_id)
        if request is None:
            raise NotFoundError(f"no approval is asked for {action_id}", field="action_id")
        if approval.at >= request.expires_at:
            raise ConflictError(
                f"the time to answer ended at {request.expires_at.isoformat()}", code="approval.expired"
            )
        self._settle(action_id, "answered", approval)
        return replace(request, answer=approval)

    def expire(self, action_id: str) -> bool:
        try:
            self._settle(action_id, "expired", None)
        except ConflictError:
            current = self.get(action_id)
            return current is not None and current.expired
        return True

    def forget(self, action_id: str, mark: str) -> None:
        """Put `mark` in place of what people said and who they are; an open request stays as it is."""
        request = self.get(action_id)
        if request is None or (request.answer is None and not request.expired):
            return
        changes = [self._item.reason.set(mark)]
        if request.answer is not None:
            answer = request.answer.model_copy(update={"by": mark, "reason": mark})
            changes.append(self._item.answer.set(answer.model_dump_json()))
        dynamo.update(self._item(action_id), changes, self._item.state != "waiting")

    def _settle(self, action_id: str, state: str, approval: Approval | None) -> None:
        actions = [self._item.state.set(state)]
        if approval is not None:
            actions.append(self._item.answer.set(approval.model_dump_json()))
        try:
            dynamo.update(self._item(action_id), actions, self._item.state == "waiting")
        except ConflictError:
            raise ConflictError(
                f"{action_id} has been answered, or its time is over", code="approval.settled"
            ) from None


def _to_request(item: ApprovalItem) -> ApprovalRequest:
    return ApprovalRequest(
        action_id=item.action_id,
        bot=item.bot,
        action=item.action,
        target=item.target,
        reason=item.reason,
        requested_at=datetime.fromisoformat(item.requested_at),
        expires_at=datetime.fromisoformat(item.expires_at),
        answer=Approval.model_validate_json(item.answer) if item.answer else None,
        expired=item.state == "expired",
        token=SecretStr(item.token) if item.token else None,
    )
