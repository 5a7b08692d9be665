"""The events the loop itself publishes; their ids derive from the action, so repeats can be dropped."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from writ.contracts.event import AnyEvent, EventData, make_event
from writ.contracts.events.actions import ActedOn, ActionCompleted, ApprovalRequested
from writ.contracts.statement import Phase, entry_id

if TYPE_CHECKING:
    from writ.ports.actions import ActionRecord


def action_completed(record: ActionRecord, now: datetime) -> AnyEvent:
    """`ActionCompleted.v1` of a record that has its outcome."""
    action, outcome = record.action, record.outcome
    if outcome is None:
        raise ValueError(f"{action.id} has no outcome yet")
    data = ActionCompleted(
        action_id=action.id,
        bot=action.bot,
        name=action.name,
        target=ActedOn(kind=action.target.kind, id=action.target.id),
        status=outcome.status,
        verdict=record.decision.verdict,
        intent=entry_id(action.id, Phase.INTENT),
        outcome=entry_id(action.id, Phase.OUTCOME),
        code=outcome.code,
    )
    return _event(record, data, f"{action.id}.outcome", now)


def approval_requested(record: ActionRecord, expires_at: datetime, now: datetime) -> AnyEvent:
    """`ApprovalRequested.v1` of a record that policy sent to a person."""
    action = record.action
    data = ApprovalRequested(
        action_id=action.id,
        bot=action.bot,
        name=action.name,
        target=ActedOn(kind=action.target.kind, id=action.target.id),
        reason=action.reason,
        expires_at=expires_at,
    )
    return _event(record, data, f"{action.id}.review", now)


def announced(record: ActionRecord, data: EventData, number: int, now: datetime) -> AnyEvent:
    """A domain event of a successful action, the `number`th of it."""
    return _event(record, data, f"{record.action.id}.{number}", now)


def _event(record: ActionRecord, data: EventData, id: str, now: datetime) -> AnyEvent:
    return make_event(
        data,
        id=id,
        time=now,
        producer=record.action.bot,
        trace=record.cause.trace,
        cause=record.cause.event_id,
    )
