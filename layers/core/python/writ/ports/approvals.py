"""Where reviewed actions wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from writ.contracts.action import Approval

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """What a person is asked to approve, and until when; `token` is that of the flow that waits for it."""

    action_id: str
    bot: str
    action: str
    target: str
    reason: str
    requested_at: datetime
    expires_at: datetime
    answer: Approval | None = None
    expired: bool = False
    token: SecretStr | None = None


class ApprovalStore(Protocol):
    """One request an action; the first answer stands."""

    def ask(self, request: ApprovalRequest) -> None:
        """Record the request; a repeat changes nothing."""

    def get(self, action_id: str) -> ApprovalRequest | None:
        """Strongly consistent read."""

    def attend(self, action_id: str, token: SecretStr) -> None:
        """Keep the token of the flow that waits; the latest one counts. Raises NotFoundError."""

    def answer(self, action_id: str, approval: Approval) -> ApprovalRequest:
        """Record the answer. Raises NotFoundError, or ConflictError when already answered or expired."""

    def forget(self, action_id: str, mark: str) -> None:
        """Put `mark` in place of what people said and who they are; an open request stays as it is."""

    def expire(self, action_id: str) -> bool:
        """Close the request to answers; False when a person answered first."""
