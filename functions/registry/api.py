"""REST routes of the registry. A pause is an action through the loop; everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from functions.registry import views
from functions.registry.performance import DAY, MONTH, Tally, first_slot, slot, within
from functions.registry.ports import Ports, connect
from functions.registry.reading import find, pause_of, paused_actions
from writ.contracts.manifest import Manifest
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("registry")
handler = api.handler


@api.get("/v1/health", public=True)
def health(_request: Request) -> Response:
    """That the API answers, and which version; no store is asked."""
    return Response({"status": "ok", "version": current().version})


@api.get("/v1/bots")
def list_bots(request: Request) -> Response:
    """Every bot by name, with its state and the success of its last 24 hours."""
    ports = _ports()
    catalog = ports.catalog()
    names, following = request.page(sorted(catalog))
    return Response({"items": [_summary(catalog[name], ports) for name in names], "next_cursor": following})


@api.get("/v1/bots/{name}")
def show_bot(request: Request) -> Response:
    """One bot: what it may do, when it acts, its objective, and how well it does."""
    ports = _ports()
    manifest = find(request, ports)
    hours = _hours(manifest, MONTH, ports)
    pause, actions = pause_of(manifest, ports), paused_actions(manifest, ports)
    return Response(views.detail(manifest, pause, actions, hours, ports.clock.now()))


@api.post("/v1/bots/{name}/pause")
def pause_bot(request: Request) -> Response:
    """Let a bot do nothing from its next action on; pausing a paused bot changes nothing."""
    from functions.registry import commands

    return commands.pause(request, _ports())


@api.post("/v1/bots/{name}/resume")
def resume_bot(request: Request) -> Response:
    """Let a paused bot act again; resuming one that is not paused changes nothing."""
    from functions.registry import commands

    return commands.resume(request, _ports())


@api.post("/v1/bots/{name}/actions/{action}/pause")
def pause_action(request: Request) -> Response:
    """Let a bot take one action no more, from its next event on; pausing a paused one changes nothing."""
    from functions.registry import commands

    return commands.pause_action(request, _ports())


@api.post("/v1/bots/{name}/actions/{action}/resume")
def resume_action(request: Request) -> Response:
    """Let a bot take a paused action again; resuming one that is not paused changes nothing."""
    from functions.registry import commands

    return commands.resume_action(request, _ports())


def _summary(manifest: Manifest, ports: Ports) -> dict[str, Any]:
    today = within(_hours(manifest, DAY, ports), ports.clock.now(), DAY)
    return views.summary(manifest, pause_of(manifest, ports), today)


def _hours(manifest: Manifest, window: timedelta, ports: Ports) -> Mapping[str, Tally]:
    if not manifest.actions:  # then the loop counts nothing
        return {}
    now = ports.clock.now()
    return ports.statistics.hours(manifest.name, first_slot(now, window), slot(now))


@cache
def _ports() -> Ports:
    return connect(current())
