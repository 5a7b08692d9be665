"""What the routes of evidence packs take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime

from functions.packs.commands import Wanted
from writ.contracts.action import Sha256, Status
from writ.openapi.operation import Operation, Operations, Shown


class PackQuestion(Shown):
    """Statements about a thing, or of a time."""

    subject: Sha256 | None
    name: str | None
    since: AwareDatetime | None
    until: AwareDatetime | None


class PackProblem(Shown):
    """Why a pack goes no further."""

    status: Status
    code: str | None
    message: str | None


class PackShown(Shown):
    """A pack, what was asked, and how far it is; `size` is that of the tree its proofs lead to."""

    id: str
    state: Literal["running", "waiting", "failed", "ready", "expired"]
    question: PackQuestion
    by: str
    asked_at: AwareDatetime
    size: int
    parts: int
    statements: int
    sha256: Sha256 | None
    bytes: int | None
    expires_at: AwareDatetime | None
    evidence: str | None
    problem: PackProblem | None


class PackDetail(PackShown):
    """A pack with the link to its file, which lives for so many seconds."""

    link: str | None
    link_seconds: int | None


OPERATIONS: Final[Operations] = {
    "POST /v1/evidence/packs": Operation(
        PackShown, status=(202,), body=Wanted, acts=True, located=(202,), errors=("conflict.*", "not_found")
    ),
    "GET /v1/evidence/packs/{id}": Operation(PackDetail, errors=("not_found",)),
}
