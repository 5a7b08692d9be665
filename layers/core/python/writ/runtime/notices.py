"""The events the loop itself publishes; their ids derive from the action, so repeats can be dropped.

A start has nothing to say yet, so each contract is loaded by the event that follows it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from writ.contracts.event import AnyEvent, EventData, make_event

if TYPE_CHECKING:
    from writ.contracts.action import Approval
    from writ.ports.actions import ActionRecord


def action_completed(record: ActionRecord, now: datetime, producer: str | None = None) -> AnyEvent:
    """`ActionCompleted.v1` of a record that has its outcome; the producer is its bot unless named."""
    from writ.contracts.events.actions import ActedOn, ActionCompleted
    from writ.contracts.statement import Phase, entry_id

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
    return _event(record, data, f"{action.id}.outcome", now, producer)


def approval_requested(record: ActionRecord, expires_at: datetime, now: datetime) -> AnyEvent:
    """`ApprovalRequested.v1` of a record that policy sent to a person."""
    from writ.contracts.events.actions import ActedOn, ApprovalRequested

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


def approval_decided(record: ActionRecord, answer: Approval, now: datetime, producer: str) -> AnyEvent:
    """`ApprovalDecided.v1`: the answer a person gave to a waiting action."""
    from writ.contracts.events.actions import ApprovalDecided

    data = ApprovalDecided(
        action_id=record.action.id,
        bot=record.action.bot,
        approved=answer.approved,
        by=answer.by,
        at=answer.at,
        reason=answer.reason,
    )
    return _event(record, data, f"{record.action.id}.approval", now, producer)


def action_stalled(record: ActionRecord, now: datetime, producer: str) -> AnyEvent:
    """`ActionStalled.v1` of a record whose lease, or whose time to be answered, is over."""
    from writ.contracts.events.actions import ActionStalled

    data = ActionStalled(
        action_id=record.action.id,
        bot=record.action.bot,
        attempt=record.attempt,
        since=record.lease_until,
    )
    return _event(record, data, f"{record.action.id}.stalled.{record.attempt}", now, producer)


def announced(record: ActionRecord, data: EventData, number: int, now: datetime) -> AnyEvent:
    """A domain event of a successful action, the `number`th of it."""
    return _event(record, data, announced_id(record.action.id, number), now)


def announced_id(action_id: str, number: int) -> str:
    """The id of the `number`th domain event of an action."""
    return f"{action_id}.{number}"


def _event(
    record: ActionRecord, data: EventData, id: str, now: datetime, producer: str | None = None
) -> AnyEvent:
    return make_event(
        data,
        id=id,
        time=now,
        producer=producer or record.action.bot,
        trace=record.cause.trace,
        cause=record.cause.event_id,
    )
