"""The spans of actions: of one attempt at one, and of the time in which one waited for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from writ.contracts.action import Status
from writ.trace import recording
from writ.trace.span import ACTION, ACTION_NAME, BOT, STATUS, TARGET_KIND, VERDICT, WAITED

if TYPE_CHECKING:
    from datetime import timedelta

    from writ.contracts.action import Action
    from writ.ports.actions import ActionRecord, Cause
    from writ.trace.recording import Recorded
    from writ.trace.span import Value

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def acting(action: Action, run: Callable[[Action, Cause], ActionRecord], cause: Cause) -> ActionRecord:
    """Take an action through the loop, in a span where one is open."""
    if recording.current() is recording.NOTHING:
        return run(action, cause)
    with recording.span(f"action {action.name}", attributes=_told(action)) as span:
        record = run(action, cause)
        _conclude(span, record)
        return record


def resumed(action_id: str, resume: Callable[[str], ActionRecord]) -> ActionRecord:
    """Take an action further, in a span, with another one of the time that it waited for an answer."""
    with recording.span("resume", attributes={ACTION: action_id}) as span:
        record = resume(action_id)
        for key, value in _told(record.action).items():
            span.set(key, value)
        _conclude(span, record)
    if record.approval is not None:
        _waited(record, record.approval.at, "approved" if record.approval.approved else "rejected")
    elif record.outcome is not None and record.outcome.status is Status.EXPIRED:
        _waited(record, record.updated_at, "expired")
    return record


def _told(action: Action) -> dict[str, Value]:
    """What a span says of an action: nothing that a person wrote, nor the thing it is done to."""
    return {ACTION: action.id, ACTION_NAME: action.name, BOT: action.bot, TARGET_KIND: action.target.kind}


def _conclude(span: Recorded, record: ActionRecord) -> None:
    outcome = record.outcome
    span.set(VERDICT, record.decision.verdict.value)
    span.set(STATUS, outcome.status.value if outcome else record.phase.value)
    if outcome is not None and outcome.status is Status.FAILED:
        span.fail(outcome.code or "failed")


def _waited(record: ActionRecord, until: datetime, how: str) -> None:
    told: dict[str, Value] = {**_told(record.action), WAITED: "approval", STATUS: how}
    recording.waited(record.cause.trace, "wait for approval", _ns(record.created_at), _ns(until), told)


def _ns(instant: datetime) -> int:
    since: timedelta = instant - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
