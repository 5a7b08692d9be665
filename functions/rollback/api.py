"""REST routes of rollbacks, and of the incidents that they answer."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from functions.rollback.table import IncidentTable
from writ.adapters.rollout_table import RolloutTable
from writ.contracts.errors import NotFoundError
from writ.contracts.rollout_id import ROLLOUT_ID
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

if TYPE_CHECKING:
    from functions.rollback.incident import Incidents
    from writ.rollout.ports import Rollouts

_LOOKS: Final = 20
api = Api("rollback")
handler = api.handler


@api.post("/v1/rollbacks")
def roll_back(request: Request) -> Response:
    """Take a service back: out of its open rollout, or to an earlier release with good evidence."""
    from functions.rollback import commands

    return commands.roll_back(request)


@api.get("/v1/incidents")
def list_incidents(request: Request) -> Response:
    """Releases that had to be taken back, of every service, the newest first."""
    found = {incident.id: incident for incident in _incidents().all()}
    names, following = request.page(list(found))
    items = [found[name].model_dump(mode="json") for name in names]
    return Response({"items": items, "next_cursor": following})


@api.get("/v1/incidents/{id}")
def show_incident(request: Request) -> Response:
    """What was recorded of a release that had to be taken back, by the id of its rollout, and its looks."""
    id = request.path["id"]
    incident = _incidents().get(id) if re.fullmatch(ROLLOUT_ID, id) else None
    if incident is None:
        raise NotFoundError("there is no such incident", field="id")
    looks = [look.model_dump(mode="json") for look in _rollouts().looks(id, _LOOKS)]
    return Response({**incident.model_dump(mode="json"), "looks": looks})


@cache
def _rollouts() -> Rollouts:
    return RolloutTable(current().table("rollouts"))


@cache
def _incidents() -> Incidents:
    return IncidentTable(current().table("rollouts"))
