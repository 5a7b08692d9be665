"""REST routes of rollouts: ask for one, see how far it is, have it reverted."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from functions.canary import views
from writ.adapters.rollout_table import RolloutTable
from writ.contracts.errors import NotFoundError
from writ.contracts.rollout_id import ROLLOUT_ID
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

if TYPE_CHECKING:
    from writ.rollout.ports import Rollouts

api = Api("canary")
handler = api.handler


@api.get("/v1/rollouts")
def list_rollouts(request: Request) -> Response:
    """Rollouts that are open, and the newest that are over of each service, by id."""
    rows = _rollouts().rows()
    listed = [row.rollout for row in rows if row.rollout is not None]
    listed += [past for row in rows for past in _rollouts().past(row.service, views.PAST)]
    items = {rollout.id: views.brief(rollout) for rollout in listed}
    names, following = request.page(sorted(items))
    return Response({"items": [items[name] for name in names], "next_cursor": following})


@api.post("/v1/rollouts")
def start_rollout(request: Request) -> Response:
    """Roll a release out. 409 while another one is under way for the service."""
    from functions.canary import commands

    return commands.start(request)


@api.get("/v1/rollouts/{id}")
def show_rollout(request: Request) -> Response:
    """How far a rollout is and what it waits for, with its trail and the newest judgements of transitions.

    The metrics of one that is open are read for it.
    """
    id = request.path["id"]
    rollout = _rollouts().find(id) if re.fullmatch(ROLLOUT_ID, id) else None
    if rollout is None:
        raise NotFoundError("there is no such rollout", field="id")
    coming = None
    if rollout.final is None:
        from functions.canary import commands

        coming = commands.coming(rollout)
    return Response(views.whole(rollout, _rollouts().looks(id, views.LOOKS), coming))


@api.post("/v1/rollouts/{id}/abort")
def abort_rollout(request: Request) -> Response:
    """Have a rollout reverted, whatever it waits for."""
    from functions.canary import commands

    return commands.abort(request)


@cache
def _rollouts() -> Rollouts:
    return RolloutTable(current().table("rollouts"))
