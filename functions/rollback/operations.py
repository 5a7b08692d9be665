"""What the routes of rollbacks take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final, Literal

from functions.rollback.commands import NewRollback
from functions.rollback.incident import Incident
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown
from writ.rollout.kept import KeptLook


class RollbackBegun(Shown):
    """A service on its way back; `id` is that of its rollout, which is there once its data are restored."""

    service: str
    state: Literal["restoring data", "going back"]
    id: str | None = None


class IncidentShown(Incident):
    """An incident with the looks of its rollout."""

    looks: list[KeptLook]


OPERATIONS: Final[Operations] = {
    "POST /v1/rollbacks": Operation(
        RollbackBegun,
        status=(202,),
        body=NewRollback,
        acts=True,
        located=(202,),
        errors=("conflict.*", "not_found"),
    ),
    "GET /v1/incidents": Operation(Page[Incident], query=Paging),
    "GET /v1/incidents/{id}": Operation(IncidentShown, errors=("not_found",)),
}
