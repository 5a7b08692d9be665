"""REST routes of dependency bumps: those of all repositories, and how one of them stands."""

from __future__ import annotations

from functools import cache

from functions.dependencies import views
from functions.dependencies.ports import Ports, connect
from writ.contracts.errors import NotFoundError
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("dependencies")
handler = api.handler


@api.get("/v1/bumps")
def list_bumps(request: Request) -> Response:
    """The latest bump of every group, by repository."""
    ports = _ports()
    found = {
        f"{repository}#{bump.group}": views.brief(repository, bump)
        for repository in ports.repositories
        for bump in ports.bumps.all(repository)
    }
    names, following = request.page(sorted(found))
    return Response({"items": [found[name] for name in names], "next_cursor": following})


@api.get("/v1/bumps/{owner}/{name}")
def show_bumps(request: Request) -> Response:
    """What is proposed, held and withheld in a repository."""
    request.only(())
    asked, ports = f"{request.path['owner']}/{request.path['name']}", _ports()
    repository = next((each for each in ports.repositories if each.lower() == asked.lower()), None)
    if repository is None:
        raise NotFoundError("bumps are not switched on for this repository", field="name")
    bumps, kept = ports.bumps.all(repository), ports.bumps
    return Response(views.whole(repository, bumps, kept.held(repository), kept.overview(repository)))


@cache
def _ports() -> Ports:
    return connect(current())
