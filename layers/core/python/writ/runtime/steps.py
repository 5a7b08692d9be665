"""A step of a flow, taken by the bot whose worker the flow calls: one event through the whole loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from writ.contracts.errors import ContractError, WritError, from_validation
from writ.contracts.event import AnyEvent, parse_event
from writ.contracts.step import Step, StepReport, StepStatus
from writ.runtime import telemetry
from writ.runtime.batch import as_problem
from writ.runtime.reports import problem_of, report_of
from writ.trace.span import EXECUTION, FLOW, Value

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import JsonValue

    from writ.runtime.bot import Bot


def take(bot: Bot[Any, Any], given: Any) -> dict[str, Any]:
    """Take a step and report what came of it.

    The same step again is the same event, whose actions are done once. With a token the report goes to the
    flow by that as well, now or with the outcome of an action that waits for a person; such a step plans one
    action. Nothing but a report that cannot be sent is raised.
    """
    try:
        step = _read(given)
    except ContractError as error:
        telemetry.failed(bot.name, error, "unknown", 1)
        return problem_of(error, bot.wiring.clock.now()).document()
    report = _taken(bot, step)
    telemetry.finished(bot.name)
    if step.token is not None:
        waiting = bot.wiring.loop.waiting
        if report.status is StepStatus.WAITING:
            waiting.attend(report.actions[0].id, step.token)
        else:
            waiting.replies.reply(step.token, report)
    return report.document()


def _taken(bot: Bot[Any, Any], step: Step) -> StepReport:
    standing: dict[str, JsonValue] = {}
    try:
        event = _event(step, bot.wiring.clock.now())
        told: dict[str, Value] = {FLOW: step.flow, EXECUTION: step.execution}
        with telemetry.span(bot.name, event, f"step {step.state}", told) as note:
            records = bot.run(event, alone=step.token is not None, standing=standing)
            note(records)
    except Exception as error:  # noqa: BLE001
        # The outermost boundary of a step: the flow decides what a failure means.
        problem = as_problem(error)
        telemetry.failed(bot.name, problem, step.type, 1)
        return problem_of(problem, bot.wiring.clock.now())
    return report_of(records, standing)


def _read(given: Any) -> Step:
    try:
        return Step.model_validate(given)
    except ValidationError as error:
        problem: WritError = from_validation(error, "step")
        field = f"step.{problem.field}" if problem.field else "step"
        raise ContractError(problem.message, code=problem.code, field=field) from None


def _event(step: Step, now: datetime) -> AnyEvent:
    """The step's event, checked against its contract as one from the bus is. Raises ContractError."""
    meta: Mapping[str, Any] = {
        "id": step.event_id,
        "time": now,
        "producer": step.flow,
        "trace": step.trace or None,
    }
    return parse_event(step.type, {"meta": meta, "data": step.data})
