"""What the routes of erasures and holds take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime

from functions.erasures.model import KeyState
from functions.erasures.requests import NewErasure, NewHold
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown, Why


class ErasureSummary(Shown):
    """An erasure: of whom, by a reference that tells nothing, how far, and the entry that says so."""

    subject: str
    state: KeyState
    since: AwareDatetime | None
    action: str | None
    entries: int | None
    erasure: str | None


class ErasureDetail(ErasureSummary):
    """An erasure, and whose it is until that is erased; `done` of `entries` are."""

    person: str | None
    entries: int
    done: int


class HoldShown(Shown):
    """A legal hold in force."""

    id: str
    scope: str
    person: str | None
    placed_at: AwareDatetime
    action: str


class ErasureAsked(Shown):
    """Whose evidence is erased."""

    subject: str


class HoldPlaced(Shown):
    """What is kept."""

    id: str
    scope: str


class HoldLifted(Shown):
    """A hold that is over."""

    id: str
    state: Literal["lifted"]


OPERATIONS: Final[Operations] = {
    "GET /v1/erasures": Operation(Page[ErasureSummary], query=Paging),
    "POST /v1/erasures": Operation(
        ErasureAsked, body=NewErasure, acts=True, errors=("not_found", "conflict.*")
    ),
    "GET /v1/erasures/{ref}": Operation(ErasureDetail, errors=("not_found",)),
    "GET /v1/holds": Operation(Page[HoldShown], query=Paging),
    "POST /v1/holds": Operation(HoldPlaced, body=NewHold, acts=True, errors=("not_found", "conflict.*")),
    "DELETE /v1/holds/{id}": Operation(HoldLifted, query=Why, acts=True, errors=("not_found", "conflict.*")),
}
