"""REST routes of releases: ask for one, see how far it is, say what was built, end it, take it up again."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from functions.release import views
from functions.release.ports import Ports, connect
from writ.contracts.errors import ContractError, NotFoundError
from writ.contracts.events.releases import RELEASE_ID
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

if TYPE_CHECKING:
    from writ.release.record import Record

api = Api("release")
handler = api.handler


@api.get("/v1/releases")
def list_releases(request: Request) -> Response:
    """Releases of all repositories, the newest first."""
    request.only(("cursor", "limit"))
    cursor = request.query.get("cursor")
    if cursor is not None and not re.fullmatch(RELEASE_ID, cursor):
        raise ContractError("the cursor is not one that this list returned", field="cursor")
    limit = request.integer("limit", 20, low=1, high=100)
    found, following = _ports().releases.newest(limit, cursor)
    return Response({"items": [views.brief(record) for record in found], "next_cursor": following})


@api.post("/v1/releases")
def start_release(request: Request) -> Response:
    """Release what is at a ref, else at the default branch. 409 while the package has one open."""
    from functions.release import commands

    return commands.start(request)


@api.get("/v1/releases/{id}")
def show_release(request: Request) -> Response:
    """How far a release is, what it waits for, and what each step came to."""
    return Response(views.whole(_record(request), _ports().clock.now()))


@api.get("/v1/releases/{id}/files")
def list_release_files(request: Request) -> Response:
    """What a release consists of, each file at a link that expires. 409 before it is published."""
    return views.files(_record(request), _ports().vault)


@api.post("/v1/releases/{id}/build")
def report_build(request: Request) -> Response:
    """Say what a build made, and get addresses that take exactly these files; the same report is the same.

    A run of a workflow reports for itself alone, to the release of its repository that it was started for.
    """
    from functions.release import commands

    return commands.report(request, _record(request), _ports())


@api.post("/v1/releases/{id}/abort")
def abort_release(request: Request) -> Response:
    """End it where it is; a tag stays. 409 once it is being published."""
    from functions.release import commands

    return commands.abort(request)


@api.post("/v1/releases/{id}/resume")
def resume_release(request: Request) -> Response:
    """Take one that failed up again where it stopped. 409 where it has not failed."""
    from functions.release import commands

    return commands.resume(request)


def _record(request: Request) -> Record:
    id = request.path["id"]
    record = _ports().releases.read(id) if re.fullmatch(RELEASE_ID, id) else None
    run = request.caller.run
    if record is None or (run is not None and not run.is_of(record.repository)):
        raise NotFoundError("there is no such release", field="id")
    return record


@cache
def _ports() -> Ports:
    return connect(current())
