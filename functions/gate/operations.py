"""What the routes of gates take and answer, for the description of the API."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from writ.contracts.action import Sha256
from writ.contracts.events.gates import GateRun, Person, Repository, VerdictWord
from writ.gates.model import Rule
from writ.openapi.operation import Operation, Operations, Page, ShortPaging, Shown


class GateShown(Shown):
    """A gate and its rules."""

    name: str
    summary: str
    rules: list[Rule]


class Gates(Page[GateShown]):
    """Every gate, and the digest of the policies that decide here."""

    bundle: Sha256


class OfRepository(ShortPaging):
    """The results of which repository."""

    repository: Annotated[Repository, Field(description="`owner/name`")]


class NewGateResult(GateRun, Shown):
    """What a run of gates found, as whoever ran them hands it in."""


class GateResultShown(NewGateResult):
    """A recorded run; `current` is whether its policies were those that the plane decided by."""

    by: Person
    current: bool
    action: str | None = None


class GateResultKept(Shown):
    """A result that is in the ledger, and the action that put it there."""

    report: Sha256
    verdict: VerdictWord
    action: str


OPERATIONS: Final[Operations] = {
    "GET /v1/gates": Operation(Gates),
    "GET /v1/gates/results": Operation(Page[GateResultShown], query=OfRepository),
    "POST /v1/gates/results": Operation(
        GateResultKept,
        status=(201,),
        body=NewGateResult,
        acts=True,
        located=(201,),
        errors=("conflict", "conflict.*"),
    ),
}
