"""A caller's command: taken through the loop, and answered with what became of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from writ.contracts.action import Outcome, Status, Verdict
from writ.contracts.errors import WritError
from writ.contracts.event import make_event
from writ.runtime import telemetry
from writ.runtime.rest import Response
from writ.trace import recording

if TYPE_CHECKING:
    from writ.contracts.event import EventData
    from writ.ports.actions import ActionRecord
    from writ.runtime.bot import Bot
    from writ.runtime.rest import Request


def carry_out(bot: Bot[Any, Any], request: Request, command: EventData, *, field: str) -> ActionRecord:
    """Take a command that plans one action through the loop, in the caller's name.

    The action may wait for a person: then it has no outcome. Raises what planning raises, and for an
    outcome other than a success a WritError whose code says who may help: `limit.…` and
    `dependency.…` pass, `policy.…` does not, and a failed effect, which is about `field`, keeps its code.
    """
    id, trace = f"api-{uuid.uuid4().hex}", recording.carried()
    event = make_event(command, id=id, time=datetime.now(UTC), producer=bot.name, trace=trace)
    (record,) = bot.run(event, actor=(request.caller.kind, request.caller.id[:128]))
    telemetry.acted([record])
    if record.outcome is not None and record.outcome.status is not Status.SUCCEEDED:
        failed = record.outcome.status is Status.FAILED
        message = record.outcome.message or record.outcome.status.value
        code = _code(record.outcome, record.decision.verdict)
        raise WritError(message, code=code, field=field if failed else None)
    return record


def answer(record: ActionRecord, done: Any, *, status: int = 200, location: str | None = None) -> Response:
    """The answer to a command: `done` when its effect happened, else 202 and where its action is.

    The header `Writ-Action` names the action.
    """
    action = record.action.id
    if record.outcome is None:
        reasons = [reason.model_dump(mode="json") for reason in record.decision.reasons]
        done, status = {"action": action, "state": record.phase.value, "reasons": reasons}, 202
        location = f"/v1/actions/{action}"
    place = {} if location is None else {"Location": location}
    return Response(done, status, {**place, "Writ-Action": action})


def _code(outcome: Outcome, verdict: Verdict) -> str:
    code = outcome.code or "unexplained"
    if outcome.status is not Status.DENIED:
        return code
    if verdict is Verdict.UNKNOWN:
        return f"dependency.{code}"
    return f"limit.{code}" if code.startswith("limit") else f"policy.{code}"
