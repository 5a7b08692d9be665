"""Records of actions of the bot `probe`, as a store would hold them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.support.memory import START
from writ.contracts.action import Action, Decision, Outcome, Status, Target, Verdict
from writ.ports.actions import ActionRecord, Cause, Phase

LEASE = timedelta(seconds=35)


def an_action(number: int = 0, *, name: str = "low", bot: str = "probe", **changes: Any) -> Action:
    """The `number`th action; another number is another effect."""
    target = Target(kind="thing", id=str(number))
    return Action.of(bot, name, target, reason="because", once_per=(f"event-{number}",), **changes)


def claimed(number: int = 0, at: datetime = START, *, name: str = "low", bot: str = "probe") -> ActionRecord:
    """A record as the first attempt claims it."""
    return ActionRecord(
        action=an_action(number, name=name, bot=bot),
        decision=Decision(verdict=Verdict.ALLOW, bundle_digest="1" * 64, decided_at=at),
        cause=Cause("Probed.v1", f"event-{number}", trace="00-" + "1" * 32 + "-" + "2" * 16 + "-01"),
        phase=Phase.CLAIMED,
        attempt=1,
        lease_until=at + LEASE,
        created_at=at,
        updated_at=at,
    )


def changed(record: ActionRecord, **changes: Any) -> ActionRecord:
    """The record after one more write."""
    return replace(record, version=record.version + 1, **changes)


def closed(record: ActionRecord, status: Status = Status.SUCCEEDED, after_ms: int = 250) -> ActionRecord:
    """The record with its outcome."""
    outcome = Outcome(status=status, observed={"count": 1}, code=None)
    updated = record.created_at + timedelta(milliseconds=after_ms)
    return changed(record, phase=Phase.CLOSED, outcome=outcome, updated_at=updated)
