"""REST routes of evidence packs: ask for one, and see how far it is."""

from __future__ import annotations

import re
from functools import cache

from functions.packs import views
from functions.packs.job import FLOW, Job
from functions.packs.ports import Ports, connect
from writ.adapters.action_table import ActionTable
from writ.contracts.errors import NotFoundError
from writ.ports.actions import ActionRecord, ActionStore
from writ.ports.flows import Run
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("packs")
handler = api.handler


@api.post("/v1/evidence/packs")
def start_pack(request: Request) -> Response:
    """Start an export of the statements about a thing, or of a time."""
    from functions.packs import commands

    return commands.start(request, _ports())


@api.get("/v1/evidence/packs/{id}")
def show_pack(request: Request) -> Response:
    """How far a pack is; where it is there, a link to it that expires."""
    ports, id = _ports(), request.path["id"]
    job = ports.jobs.get(id) if re.fullmatch(r"pack-[0-9a-f]{32}", id) else None
    if job is None:
        raise NotFoundError("there is no such pack", field="id")
    shown = views.pack(job, *_progress(job, ports), ports.clock.now())
    return views.answer(shown, job, ports.vault)


def _progress(job: Job, ports: Ports) -> tuple[ActionRecord | None, Run | None]:
    """Where a pack is that is not there yet: its next action, and the flow that asks for it."""
    if job.sealed is not None:
        return None, None
    return _actions().get(views.current_action(job)), ports.flows.find(FLOW, job.pack)


@cache
def _ports() -> Ports:
    return connect(current())


@cache
def _actions() -> ActionStore:
    environment = current()
    return ActionTable(environment.table("actions"), environment.table("usage"))
