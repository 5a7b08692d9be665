"""REST routes of objectives; they read only."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.slo import views
from functions.slo.facts import watch
from functions.slo.ports import Ports, connect
from writ.contracts.errors import NotFoundError
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("slo")
handler = api.handler


@api.get("/v1/slo")
def list_objectives(request: Request) -> Response:
    """Every folder's objective by name, with what is left of its budget and how fast it burns."""
    ports = _ports()
    names, following = request.page(sorted(ports.catalog()))
    return Response({"items": [_shown(name, ports) for name in names], "next_cursor": following})


@api.get("/v1/slo/{name}")
def show_objective(request: Request) -> Response:
    """One folder's objective."""
    request.only(())
    ports = _ports()
    if (name := request.path["name"]) not in ports.catalog():
        raise NotFoundError("there is no such bot or service", field="name")
    return Response(_shown(name, ports))


@api.get("/v1/metrics")
def expose_metrics(request: Request) -> Response:
    """Every bot's actions, budget and burn, for Prometheus: text, in the form that `Accept` asks for."""
    from functions.slo import exposition
    from functions.slo.facts import acting

    request.only(())
    ports = _ports()
    catalog, now = ports.catalog(), ports.clock.now()
    watched = [watch(catalog[name], now, ports) for name in acting(catalog.values())]
    found = exposition.families(watched, ports.plane(), now)
    text, kind = exposition.exposed(found, request.headers.get("accept", ""))
    return Response(text, content_type=kind)


def _shown(name: str, ports: Ports) -> dict[str, Any]:
    manifest = ports.catalog()[name]
    return views.shown(manifest, watch(manifest, ports.clock.now(), ports))


@cache
def _ports() -> Ports:
    return connect(current())
