"""REST routes of policy: questions, the bundle, and what people set, which is an action each time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from functions.policy import book
from functions.policy.handler import bot
from functions.policy.ports import Ports
from functions.policy.requests import NewException, NewFreeze, Reason
from writ.contracts.errors import ContractError, NotFoundError, from_validation
from writ.contracts.events.policy import (
    ExceptionRequested,
    ExceptionRevocationRequested,
    FreezeDeclarationRequested,
    FreezeLiftRequested,
)
from writ.policy.calendar import change_facts
from writ.policy.controls import Freeze, PolicyException
from writ.ports.controls import EXCEPTIONS, FREEZES
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Api, Request, Response

api = Api("policy")
handler = api.handler

_ID: Final = r"[a-z0-9][a-z0-9-]{0,63}"


@api.post("/v1/policy/decisions")
def decide(request: Request) -> Response:
    """How policy decides on the facts given, now; nothing is added to them, done or recorded."""
    document = request.json()
    if not isinstance(document, dict):
        raise ContractError("the body is not an object", field="body")
    ports = _ports()
    return Response(ports.rules.decide(document, ports.clock.now()).model_dump(mode="json"))


@api.get("/v1/policy/bundle")
def show_bundle(_request: Request) -> Response:
    """The bundle that decides: its digest, its modules, its change windows and what they say now."""
    ports = _ports()
    bundle = ports.rules.bundle
    now = change_facts([], bundle.windows, ports.clock.now())
    modules = [
        {"path": module.path, "package": module.package, "entrypoints": list(module.entrypoints)}
        for module in bundle.modules
    ]
    return Response(
        {
            "digest": bundle.digest,
            "modules": modules,
            "windows": bundle.windows,
            "window_open": now.get("window_open"),
            "window": now.get("window"),
            "waivable": list(ports.waivable()),
        }
    )


@api.get("/v1/policy/freezes")
def list_freezes(request: Request) -> Response:
    """Freezes that have not ended, by id."""
    ports = _ports()
    now = ports.clock.now()
    items = book.current(book.parse(Freeze, ports.controls.read(FREEZES)), now)
    return _page(request, [{**_json(item), "in_force": item.in_force(now)} for item in items])


@api.post("/v1/policy/freezes")
def declare_freeze(request: Request) -> Response:
    """Declare a freeze; 409 when there is one of this id."""
    fields = request.parse(NewFreeze).model_dump(mode="json")
    command = FreezeDeclarationRequested.model_validate({**fields, "by": request.caller.shown})
    record = carry_out(bot, request, command, field="id")
    location = f"/v1/policy/freezes/{command.id}"
    return answer(record, record.action.parameters["freeze"], status=201, location=location)


@api.delete("/v1/policy/freezes/{id}")
def lift_freeze(request: Request) -> Response:
    """End a freeze before its time; while a freeze is in force a second person decides."""
    id, reason = _withdrawn(request)
    command = FreezeLiftRequested(id=id, reason=reason, by=request.caller.shown)
    return answer(carry_out(bot, request, command, field="id"), {"id": id, "state": "lifted"})


@api.get("/v1/policy/exceptions")
def list_exceptions(request: Request) -> Response:
    """Exceptions that have not expired, by id."""
    ports = _ports()
    items = book.parse(PolicyException, ports.controls.read(EXCEPTIONS))
    return _page(request, [_json(item) for item in book.current(items, ports.clock.now())])


@api.post("/v1/policy/exceptions")
def ask_for_exception(request: Request) -> Response:
    """Ask for an exception; a second person grants it. 409 when there is one of this id."""
    fields = request.parse(NewException).model_dump(mode="json")
    command = ExceptionRequested.model_validate({**fields, "by": request.caller.shown})
    record = carry_out(bot, request, command, field="id")
    location = f"/v1/policy/exceptions/{command.id}"
    return answer(record, record.action.parameters["exception"], status=201, location=location)


@api.delete("/v1/policy/exceptions/{id}")
def revoke_exception(request: Request) -> Response:
    """End an exception before its time."""
    id, reason = _withdrawn(request)
    command = ExceptionRevocationRequested(id=id, reason=reason, by=request.caller.shown)
    return answer(carry_out(bot, request, command, field="id"), {"id": id, "state": "revoked"})


def _ports() -> Ports:
    return bot.wiring.ports


def _withdrawn(request: Request) -> tuple[str, str]:
    """What is to end, and why: a DELETE carries no body (RFC 9110, 9.3.5), so the reason is in the query."""
    request.only(("reason",))
    id = request.path["id"]
    if not re.fullmatch(_ID, id):
        raise NotFoundError("there is none of this id", field="id")
    try:
        return id, Reason.model_validate(dict(request.query)).reason
    except ValidationError as error:
        raise from_validation(error, "query") from None


def _page(request: Request, items: Sequence[dict[str, Any]]) -> Response:
    """Some of the items, which are in the order of their ids; the cursor is the last id of a page."""
    request.only(("cursor", "limit"))
    limit = request.integer("limit", 100, low=1, high=100)
    cursor = request.query.get("cursor", "")
    if cursor and not re.fullmatch(_ID, cursor):
        raise ContractError("the cursor is not one that this list returned", field="cursor")
    rest = [item for item in items if item["id"] > cursor]
    page = rest[:limit]
    return Response({"items": page, "next_cursor": page[-1]["id"] if len(rest) > limit else None})


def _json(item: Freeze | PolicyException) -> dict[str, Any]:
    return item.model_dump(mode="json")
