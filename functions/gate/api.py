"""REST routes of gates: the rules, what was found, and the way in for who ran them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from functions.gate.ports import Ports, connect
from writ.contracts.errors import ContractError
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("gate")
handler = api.handler

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9._-]{1,100}(/[A-Za-z0-9._-]{1,100})?")
_CURSOR: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ#[0-9a-f]{64}")


@api.get("/v1/gates")
def list_gates(request: Request) -> Response:
    """Every gate with its rules, and the digest of the policies that decide here."""
    from writ.gates import registry
    from writ.gates.evaluate import rules_of

    request.only(())
    items = [
        {
            "name": gate.name,
            "summary": gate.summary,
            "rules": [rule.model_dump(mode="json") for rule in rules_of(gate)],
        }
        for gate in registry.load()
    ]
    return Response({"items": items, "bundle": _ports().bundle(), "next_cursor": None})


@api.get("/v1/gates/results")
def list_results(request: Request) -> Response:
    """What was recorded of one repository, the newest first."""
    request.only(("cursor", "limit", "repository"))
    repository = request.query.get("repository", "")
    if not _REPOSITORY.fullmatch(repository):
        raise ContractError("repository is owner/name", field="repository")
    cursor = request.query.get("cursor")
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise ContractError("the cursor is not one that this list returned", field="cursor")
    limit = request.integer("limit", 20, low=1, high=100)
    items, following = _ports().results.newest(repository, limit, cursor)
    return Response({"items": [dict(item) for item in items], "next_cursor": following})


@api.post("/v1/gates/results")
def report_result(request: Request) -> Response:
    """Put the result of a run into the ledger; the same report again is the same entry.

    A run of a workflow reports of its own repository, at the commit that it runs at.
    """
    from functions.gate import commands

    return commands.report(request)


@cache
def _ports() -> Ports:
    return connect(current())
