"""REST routes of objectives; they read only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from functions.slo import views
from functions.slo.facts import watch, watch_services
from functions.slo.ports import Ports, connect
from writ.contracts.errors import NotFoundError
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("slo")
handler = api.handler


@api.get("/v1/slo")
def list_objectives(request: Request) -> Response:
    """Every bot's and service's objective by name, with what is left of its budget and how fast it burns."""
    ports = _ports()
    names, following = request.page(sorted({*ports.catalog(), *ports.services()}))
    return Response({"items": _shown(names, ports), "next_cursor": following})


@api.get("/v1/slo/{name}")
def show_objective(request: Request) -> Response:
    """One bot's or service's objective."""
    request.only(())
    ports = _ports()
    if not (found := _shown([request.path["name"]], ports)):
        raise NotFoundError("there is no such bot or service", field="name")
    return Response(found[0])


@api.get("/v1/metrics")
def expose_metrics(request: Request) -> Response:
    """Actions, budgets and burn of bots and services, for Prometheus: text, in the form `Accept` asks for."""
    from functions.slo import exposition
    from functions.slo.facts import acting

    request.only(())
    ports = _ports()
    catalog, now = ports.catalog(), ports.clock.now()
    watched = [watch(catalog[name], now, ports) for name in acting(catalog.values())]
    services = watch_services(ports.services(), now, ports)
    found = [*exposition.families(watched, ports.plane(), now), *exposition.of_services(services)]
    text, kind = exposition.exposed(found, request.headers.get("accept", ""))
    return Response(text, content_type=kind)


def _shown(names: Sequence[str], ports: Ports) -> list[dict[str, Any]]:
    catalog, services, now = ports.catalog(), ports.services(), ports.clock.now()
    asked = {name: services[name] for name in names if name in services}
    found = {
        watched.service: views.service(asked[watched.service].manifest, watched)
        for watched in (watch_services(asked, now, ports) if asked else ())
    }
    bots = (name for name in names if name in catalog)
    found |= {name: views.shown(catalog[name], watch(catalog[name], now, ports)) for name in bots}
    return [found[name] for name in names if name in found]


@cache
def _ports() -> Ports:
    return connect(current())
