"""What people ask for: erasures and holds, each an action that a second person decides."""

from __future__ import annotations

import re

from pydantic import ValidationError

from functions.erasures.handler import bot
from functions.erasures.model import EVERYTHING
from functions.erasures.requests import NewErasure, NewHold, Reason
from writ.contracts.data_subjects import person
from writ.contracts.errors import ConflictError, ContractError, NotFoundError, from_validation
from writ.contracts.events.erasures import ErasureRequested, HoldLiftRequested, HoldRequested
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response


def request_erasure(request: Request) -> Response:
    """Ask that everything evidence says of a person be erased; a second person decides."""
    asked = request.parse(NewErasure)
    name, caller = person(asked.subject), request.caller
    if name in {person(caller.id), person(caller.name), person(caller.shown)}:
        message = "the erasure's own evidence names who asked, so somebody else has to"
        raise ConflictError(message, code="conflict.own_erasure", field="subject")
    _require_nameless(asked.reason, name)
    command = ErasureRequested(subject=_ref(name), reason=asked.reason)
    return answer(carry_out(bot, request, command, field="subject"), {"subject": command.subject})


def place_hold(request: Request) -> Response:
    """Ask for a legal hold; a second person decides."""
    asked = request.parse(NewHold)
    scope = asked.type or EVERYTHING
    if asked.subject is not None:
        _require_nameless(asked.reason, person(asked.subject))
        scope = _ref(person(asked.subject))
    command = HoldRequested(id=asked.id, scope=scope, reason=asked.reason)
    return answer(carry_out(bot, request, command, field="id"), {"id": asked.id, "scope": scope})


def lift_hold(request: Request) -> Response:
    """Ask for the end of a legal hold; a second person decides."""
    request.only(("reason",))
    id = request.path["id"]
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", id):
        raise NotFoundError("there is none of this id", field="id")
    try:
        reason = Reason.model_validate(dict(request.query)).reason
    except ValidationError as error:
        raise from_validation(error, "query") from None
    command = HoldLiftRequested(id=id, reason=reason)
    return answer(carry_out(bot, request, command, field="id"), {"id": id, "state": "lifted"})


def _ref(name: str) -> str:
    ref = bot.wiring.ports.vault.lookup(name)
    if ref is None:
        raise NotFoundError("there is no evidence about this person", field="subject")
    return ref


def _require_nameless(reason: str, name: str) -> None:
    if name in reason.casefold():
        message = "do not name the person: the reason stays in evidence"
        raise ContractError(message, field="reason")
