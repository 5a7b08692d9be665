"""What people set: freezes and exceptions, each an action through the loop."""

from __future__ import annotations

import re

from pydantic import ValidationError

from functions.policy import book
from functions.policy.handler import bot
from functions.policy.requests import NewException, NewFreeze, NewGateException, Reason
from writ.contracts.errors import ContractError, NotFoundError, from_validation
from writ.contracts.events.policy import (
    ExceptionRequested,
    ExceptionRevocationRequested,
    FreezeDeclarationRequested,
    FreezeLiftRequested,
    GateExceptionRequested,
    GateExceptionRevocationRequested,
)
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response


def declare_freeze(request: Request) -> Response:
    """Declare a freeze; 409 when there is one of this id."""
    fields = request.parse(NewFreeze).model_dump(mode="json")
    command = FreezeDeclarationRequested.model_validate({**fields, "by": request.caller.shown})
    record = carry_out(bot, request, command, field="id")
    location = f"/v1/policy/freezes/{command.id}"
    return answer(record, record.action.parameters["freeze"], status=201, location=location)


def lift_freeze(request: Request) -> Response:
    """End a freeze before its time; while a freeze is in force a second person decides."""
    id, reason = _withdrawn(request)
    command = FreezeLiftRequested(id=id, reason=reason, by=request.caller.shown)
    return answer(carry_out(bot, request, command, field="id"), {"id": id, "state": "lifted"})


def ask_for_exception(request: Request) -> Response:
    """Ask for an exception; a second person grants it. 409 when there is one of this id."""
    fields = request.parse(NewException).model_dump(mode="json")
    command = ExceptionRequested.model_validate({**fields, "by": request.caller.shown})
    record = carry_out(bot, request, command, field="id")
    location = f"/v1/policy/exceptions/{command.id}"
    return answer(record, record.action.parameters["exception"], status=201, location=location)


def revoke_exception(request: Request) -> Response:
    """End an exception before its time."""
    id, reason = _withdrawn(request)
    command = ExceptionRevocationRequested(id=id, reason=reason, by=request.caller.shown)
    return answer(carry_out(bot, request, command, field="id"), {"id": id, "state": "revoked"})


def ask_for_gate_exception(request: Request) -> Response:
    """Ask for an exception to a rule of a gate; a second person grants it. 409 when the id is taken."""
    from writ.gates import versions

    wanted = request.parse(NewGateException)
    try:
        versions.check(wanted.scope.versions)
    except ContractError as error:
        raise ContractError(error.message, field="scope.versions") from None
    fields = wanted.model_dump(mode="json")
    command = GateExceptionRequested.model_validate({**fields, "by": request.caller.shown})
    record = carry_out(bot, request, command, field="id")
    location = f"/v1/policy/gate-exceptions/{command.id}"
    return answer(record, record.action.parameters["gate_exception"], status=201, location=location)


def revoke_gate_exception(request: Request) -> Response:
    """End an exception to a rule of a gate before its time."""
    id, reason = _withdrawn(request)
    command = GateExceptionRevocationRequested(id=id, reason=reason, by=request.caller.shown)
    return answer(carry_out(bot, request, command, field="id"), {"id": id, "state": "revoked"})


def _withdrawn(request: Request) -> tuple[str, str]:
    """What is to end, and why: a DELETE carries no body (RFC 9110, 9.3.5), so the reason is in the query."""
    request.only(("reason",))
    id = request.path["id"]
    if not re.fullmatch(book.ID, id):
        raise NotFoundError("there is none of this id", field="id")
    try:
        return id, Reason.model_validate(dict(request.query)).reason
    except ValidationError as error:
        raise from_validation(error, "query") from None
