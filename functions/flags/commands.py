"""What people set: each change of a flag is an action through the loop."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from functions.flags import book
from functions.flags.handler import bot
from functions.flags.ports import Ports
from writ.contracts.errors import ContractError, NotFoundError
from writ.contracts.events.flags import FlagChangeRequested, FlagControl, FlagKillRequested
from writ.contracts.flags import MAX_TENANTS, Flag, Percent, Tenant
from writ.contracts.redaction import redact_text
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response

_LONGEST: Final = 200


def _said(text: str) -> str:
    return redact_text(text)[:_LONGEST]


Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST),
    AfterValidator(_said),
]
Tenants = Annotated[list[Tenant], Field(max_length=MAX_TENANTS)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    reason: Why


class Kill(_Body):
    """Why a flag is turned off."""


class Change(_Body):
    """Who is to have the behaviour; a list replaces the one before."""

    percent: Percent | None = None
    on_for: Tenants | None = None
    off_for: Tenants | None = None


def change(request: Request, ports: Ports) -> Response:
    """Give or take a flag's behaviour; what gives it to more people may wait for a second person."""
    body = request.parse(Change)
    fields = body.model_dump(exclude_none=True)
    if set(fields) == {"reason"}:
        raise ContractError("say percent, on_for or off_for", code="contract.missing_field", field="percent")
    command = FlagChangeRequested(flag=_find(request, ports).name, by=request.caller.shown, **fields)
    return _answer(request, command, ports)


def kill(request: Request, ports: Ports) -> Response:
    """Turn a flag off for everybody."""
    reason = request.parse(Kill).reason
    flag = _find(request, ports)
    return _answer(request, FlagKillRequested(flag=flag.name, by=request.caller.shown, reason=reason), ports)


def _answer(request: Request, command: FlagControl, ports: Ports) -> Response:
    record = carry_out(bot, request, command, field="flag")
    catalogue = ports.catalogue()
    flag = catalogue.flags[command.flag]
    return answer(record, book.view(flag, ports.settings(), catalogue.uses.get(flag.name, ())))


def _find(request: Request, ports: Ports) -> Flag:
    flag = ports.catalogue().flags.get(request.path["name"])
    if flag is None:
        raise NotFoundError("there is no such flag", field="flag")
    return flag
