"""REST routes of policy: questions, the bundle, and what people set, which is an action each time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.policy import book
from functions.policy.ports import Ports, connect
from writ.contracts.errors import ContractError
from writ.policy import zones
from writ.policy.break_glass import BreakGlass
from writ.policy.calendar import change_facts
from writ.policy.controls import Freeze, GateException, PolicyException
from writ.ports.controls import BREAK_GLASS, EXCEPTIONS, FREEZES, GATE_EXCEPTIONS
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("policy")
handler = api.handler


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
            "zones": zones.release(),
            "window_open": now.get("window_open"),
            "window": now.get("window"),
            "waivable": list(ports.waivable()),
            "breakable": list(ports.breakable()),
        }
    )


@api.get("/v1/policy/freezes")
def list_freezes(request: Request) -> Response:
    """Freezes that have not ended, by id."""
    ports = _ports()
    now = ports.clock.now()
    items = book.current(book.parse(Freeze, ports.controls.read(FREEZES)), now)
    return _page(request, [_freeze(item, now) for item in items])


@api.post("/v1/policy/freezes")
def declare_freeze(request: Request) -> Response:
    """Declare a freeze; 409 when there is one of this id."""
    from functions.policy import commands

    return commands.declare_freeze(request)


@api.delete("/v1/policy/freezes/{id}")
def lift_freeze(request: Request) -> Response:
    """End a freeze before its time; while a freeze is in force a second person decides."""
    from functions.policy import commands

    return commands.lift_freeze(request)


@api.get("/v1/policy/exceptions")
def list_exceptions(request: Request) -> Response:
    """Exceptions that have not expired, by id."""
    ports = _ports()
    items = book.parse(PolicyException, ports.controls.read(EXCEPTIONS))
    return _page(request, [_json(item) for item in book.current(items, ports.clock.now())])


@api.post("/v1/policy/exceptions")
def ask_for_exception(request: Request) -> Response:
    """Ask for an exception; a second person grants it. 409 when there is one of this id."""
    from functions.policy import commands

    return commands.ask_for_exception(request)


@api.delete("/v1/policy/exceptions/{id}")
def revoke_exception(request: Request) -> Response:
    """End an exception before its time."""
    from functions.policy import commands

    return commands.revoke_exception(request)


@api.get("/v1/policy/gate-exceptions")
def list_gate_exceptions(request: Request) -> Response:
    """Exceptions to rules of gates that have not expired, by id."""
    ports = _ports()
    items = book.parse(GateException, ports.controls.read(GATE_EXCEPTIONS))
    return _page(request, [_json(item) for item in book.current(items, ports.clock.now())])


@api.post("/v1/policy/gate-exceptions")
def ask_for_gate_exception(request: Request) -> Response:
    """Ask for an exception to a rule of a gate; a second person grants it. 409 when the id is taken."""
    from functions.policy import commands

    return commands.ask_for_gate_exception(request)


@api.delete("/v1/policy/gate-exceptions/{id}")
def revoke_gate_exception(request: Request) -> Response:
    """End an exception to a rule of a gate before its time."""
    from functions.policy import commands

    return commands.revoke_gate_exception(request)


@api.get("/v1/break-glass")
def list_break_glass(request: Request) -> Response:
    """Break-glass from request to review, by id, with where each stands."""
    from functions.policy import glass

    ports = _ports()
    now = ports.clock.now()
    items = glass.kept(book.parse(BreakGlass, ports.controls.read(BREAK_GLASS)), now)
    return _page(request, [_glass(item, now) for item in items])


@api.post("/v1/break-glass")
def ask_for_break_glass(request: Request) -> Response:
    """Ask two others to let rules be overridden for minutes; 409 when there is one of this id."""
    from functions.policy import glass_commands

    return glass_commands.ask(request)


@api.post("/v1/break-glass/{id}/approve")
def approve_break_glass(request: Request) -> Response:
    """Approve a break-glass that somebody else asked for; the second approval opens it."""
    from functions.policy import glass_commands

    return glass_commands.approve(request)


@api.post("/v1/break-glass/{id}/review")
def review_break_glass(request: Request) -> Response:
    """Say what was found in what a break-glass let through, by somebody who had no part in it."""
    from functions.policy import glass_commands

    return glass_commands.review(request)


@api.delete("/v1/break-glass/{id}")
def close_break_glass(request: Request) -> Response:
    """End a break-glass before its time."""
    from functions.policy import glass_commands

    return glass_commands.close(request)


@cache
def _ports() -> Ports:
    return connect(current())


def _page(request: Request, items: Sequence[dict[str, Any]]) -> Response:
    """Some of the items, which are in the order of their ids; the cursor is the last id of a page."""
    request.only(("cursor", "limit"))
    limit = request.integer("limit", 100, low=1, high=100)
    cursor = request.query.get("cursor", "")
    if cursor and not re.fullmatch(book.ID, cursor):
        raise ContractError("the cursor is not one that this list returned", field="cursor")
    rest = [item for item in items if item["id"] > cursor]
    page = rest[:limit]
    return Response({"items": page, "next_cursor": page[-1]["id"] if len(rest) > limit else None})


def _freeze(item: Freeze, now: datetime) -> dict[str, Any]:
    """With when it holds next, or until when it does now; null for a repeated one that does not any more."""
    held = item.occurrence(now)
    when = held and {"starts_at": _utc(held[0].astimezone(UTC)), "ends_at": _utc(held[1].astimezone(UTC))}
    return {**_json(item), "in_force": item.in_force(now), "occurrence": when}


def _glass(item: BreakGlass, now: datetime) -> dict[str, Any]:
    """What callers see: names, and not the ids of people."""
    words = [item.asked, *item.approvals]
    shown = item.model_dump(mode="json", exclude={"asked", "approvals", "review"})
    asked, *approvals = [word.model_dump(mode="json", exclude={"person"}) for word in words]
    review = item.review and item.review.model_dump(mode="json", exclude={"person"})
    due = item.review_by and _utc(item.review_by)
    return {
        **shown,
        "stage": item.stage(now).value,
        "asked": asked,
        "approvals": approvals,
        "answer_by": _utc(item.answer_by),
        "review_by": due,
        "review": review,
    }


def _utc(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _json(item: Freeze | PolicyException | GateException) -> dict[str, Any]:
    return item.model_dump(mode="json")
