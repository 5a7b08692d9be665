"""REST routes of erasures and legal holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from functions.erasures.model import Hold, KeyRecord
from functions.erasures.vault import VaultTable
from writ.contracts.errors import NotFoundError
from writ.contracts.statement import erasure_id
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

if TYPE_CHECKING:
    from functions.erasures.ports import Vault

api = Api("erasures")
handler = api.handler


@api.get("/v1/erasures")
def list_erasures(request: Request) -> Response:
    """Erasures that were begun, in the order in which they were; those that wait are among the actions."""
    return _page(request, "subject", [_erasure(key) for key in _ports().vault.erasures()])


@api.post("/v1/erasures")
def request_erasure(request: Request) -> Response:
    """Ask that everything evidence says of a person be erased; a second person decides."""
    from functions.erasures import commands

    return commands.request_erasure(request)


@api.get("/v1/erasures/{ref}")
def show_erasure(request: Request) -> Response:
    """What is to be erased, for who has to decide: whose it is, until that is erased, and how much."""
    ref, vault = request.path["ref"], _ports().vault
    key = vault.read(ref) if re.fullmatch(r"ds-[0-9a-f]{32}", ref) else None
    if key is None:
        raise NotFoundError("no such data subject", field="ref")
    entries = len(vault.members(ref)) if key.entries is None else key.entries
    done = key.done if key.entries is None else key.entries
    return Response({**_erasure(key), "person": key.person, "entries": entries, "done": done})


@api.get("/v1/holds")
def list_holds(request: Request) -> Response:
    """Legal holds in force, by id."""
    vault = _ports().vault
    held = sorted(vault.holds(), key=lambda hold: hold.id)
    return _page(request, "id", [_hold(hold, vault.read(hold.scope)) for hold in held])


@api.post("/v1/holds")
def place_hold(request: Request) -> Response:
    """Ask for a legal hold; a second person decides. 409 when there is or was one of this id."""
    from functions.erasures import commands

    return commands.place_hold(request)


@api.delete("/v1/holds/{id}")
def lift_hold(request: Request) -> Response:
    """Ask for the end of a legal hold; a second person decides."""
    from functions.erasures import commands

    return commands.lift_hold(request)


@dataclass(frozen=True, slots=True)
class _Ports:
    """All that the routes read from; what erases is connected where that is done."""

    vault: Vault


@cache
def _ports() -> _Ports:
    return _Ports(VaultTable(current().table("subjects")))


def _page(request: Request, name: str, items: list[dict[str, Any]]) -> Response:
    """Some of the items, whose field `name` tells them apart."""
    named = {item[name]: item for item in items}
    names, following = request.page(list(named))
    return Response({"items": [named[each] for each in names], "next_cursor": following})


def _erasure(key: KeyRecord) -> dict[str, Any]:
    return {
        "subject": key.ref,
        "state": key.state.value,
        "since": key.since and key.since.isoformat(),
        "action": key.action,
        "entries": key.entries,
        "erasure": None if key.entries is None else erasure_id(key.ref),
    }


def _hold(hold: Hold, key: KeyRecord | None) -> dict[str, Any]:
    return {
        "id": hold.id,
        "scope": hold.scope,
        "person": key and key.person,
        "placed_at": hold.placed_at.isoformat(),
        "action": hold.action,
    }
