"""A result that somebody hands in: an event through the loop."""

from __future__ import annotations

from functions.gate.handler import bot
from writ.contracts.errors import ContractError, WritError, from_validation
from writ.contracts.events.gates import GateResultReported
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response


def report(request: Request) -> Response:
    """Record a result in the caller's name; fields that the contract does not know are refused."""
    from pydantic import ValidationError

    body = request.json()
    if not isinstance(body, dict):
        raise ContractError("the body is not an object", field="body")
    if strange := sorted(set(body) - set(GateResultReported.model_fields) | ({"by"} & set(body))):
        raise ContractError("is no field of a result", field=strange[0])
    try:
        command = GateResultReported.model_validate({**body, "by": request.caller.shown})
    except ValidationError as error:
        raise from_validation(error, "result") from None
    run = request.caller.run
    if run is not None:
        if not run.is_of(command.repository):
            raise WritError("a run reports of its own repository alone", code="forbidden", field="repository")
        if command.commit != run.sha:
            raise WritError("a run reports of the commit it runs at alone", code="forbidden", field="commit")
    record = carry_out(bot, request, command, field="report")
    done = {"report": command.report, "verdict": command.verdict, "action": record.action.id}
    return answer(record, done, status=201, location=f"/v1/actions/{record.action.id}")
