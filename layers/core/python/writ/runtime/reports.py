"""What a flow is told of a step. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Final

from pydantic import JsonValue

from writ.contracts.errors import ForgeBusyError, WritError
from writ.contracts.step import StepAction, StepProblem, StepReport, StepStatus
from writ.ports.actions import ActionRecord, Phase

_WORST_LAST: Final = tuple(StepStatus)


def report_of(records: Sequence[ActionRecord], standing: Mapping[str, JsonValue] | None = None) -> StepReport:
    """The report of actions as they stand now; without any, nothing was to do, which is a success."""
    actions = tuple(map(_action, records))
    worst = max((action.status for action in actions), key=_WORST_LAST.index, default=StepStatus.SUCCEEDED)
    return StepReport(status=worst, actions=actions, standing=dict(standing) if standing else None)


def problem_of(error: WritError, now: datetime) -> StepReport:
    """The report of a step that could not be taken."""
    status = StepStatus.RETRY if error.retryable else StepStatus.FAILED
    wait = ceil((error.until - now).total_seconds()) if isinstance(error, ForgeBusyError) else None
    problem = StepProblem(
        code=error.code,
        message=error.message,
        field=error.field,
        retry_after_s=None if wait is None else max(1, wait),
    )
    return StepReport(status=status, error=problem)


def _action(record: ActionRecord) -> StepAction:
    outcome = record.outcome
    if outcome is None:
        waits = record.phase is Phase.WAITING
        status = StepStatus.WAITING if waits else StepStatus.RETRY
        return StepAction(id=record.action.id, name=record.action.name, status=status)
    return StepAction(
        id=record.action.id,
        name=record.action.name,
        status=StepStatus(outcome.status.value),
        observed=outcome.observed,
        code=outcome.code,
        message=outcome.message,
    )
