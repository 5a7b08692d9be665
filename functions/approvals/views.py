"""Actions as callers see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from writ.ports.actions import ActionRecord, Phase
from writ.ports.approvals import ApprovalRequest
from writ.runtime.telemetry import state_of

if TYPE_CHECKING:
    from functions.approvals.answer import Taken


def summary(record: ActionRecord) -> dict[str, Any]:
    """One line of a list; `expires_at` says until when an action waits for a person."""
    action = record.action
    line: dict[str, Any] = {
        "id": action.id,
        "bot": action.bot,
        "name": action.name,
        "target": action.target.model_dump(mode="json", exclude_none=True),
        "reason": action.reason,
        "state": state_of(record),
        "verdict": record.decision.verdict.value,
        "created_at": record.created_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
    }
    if record.outcome is not None:
        line["code"] = record.outcome.code
    return line


def detail(record: ActionRecord, request: ApprovalRequest | None, evidence: Sequence[str]) -> dict[str, Any]:
    """Everything about one action; `evidence` are the ids of its ledger entries, in order."""
    cause = record.cause
    return {
        **summary(record),
        "parameters": record.action.parameters,
        "blast_radius": record.action.blast_radius,
        "effect_key": record.action.effect_key,
        "attempt": record.attempt,
        "cause": {
            "event_type": cause.event_type,
            "event_id": cause.event_id,
            "actor": {"kind": cause.actor_kind, "id": cause.actor_id or record.action.bot},
            "trace": cause.trace,
        },
        "decision": record.decision.model_dump(mode="json"),
        "approval": None if request is None else _approval(request),
        "outcome": None if record.outcome is None else record.outcome.model_dump(mode="json"),
        "evidence": list(evidence),
    }


def answered(taken: Taken) -> tuple[dict[str, Any], int]:
    """What an approver is told, and the status: 202 while the bot has yet to act on it, else 200."""
    record = taken.record
    body = {
        "id": record.action.id,
        "state": state_of(record),
        **taken.answer.model_dump(mode="json"),
    }
    return body, 200 if record.phase is Phase.CLOSED else 202


def _approval(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
        "expired": request.expired,
        "answer": None if request.answer is None else request.answer.model_dump(mode="json"),
    }
