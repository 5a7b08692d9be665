"""REST routes of the registry. A pause is an action through the loop; everything else reads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from functions.registry import views
from functions.registry.handler import bot
from functions.registry.pause import Pause
from functions.registry.performance import DAY, MONTH, Tally, first_slot, slot, within
from functions.registry.ports import Ports
from writ.contracts.errors import ContractError, NotFoundError
from writ.contracts.events.platform import BotPauseRequested, BotResumeRequested
from writ.contracts.manifest import Manifest
from writ.contracts.redaction import redact_text
from writ.ports.controls import pause_key
from writ.runtime.commands import answer, carry_out
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("registry")
handler = api.handler

_LONGEST: Final = 500


def _said(text: str) -> str:
    return redact_text(text)[:_LONGEST]


class Switch(BaseModel):
    """Why a bot is paused or resumed."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST),
        AfterValidator(_said),
    ]


@api.get("/v1/health", public=True)
def health(_request: Request) -> Response:
    """That the API answers, and which version; no store is asked."""
    return Response({"status": "ok", "version": current().version})


@api.get("/v1/bots")
def list_bots(request: Request) -> Response:
    """Every bot by name, with its state and the success of its last 24 hours."""
    request.only(("cursor", "limit"))
    limit = request.integer("limit", 100, low=1, high=100)
    catalog = _ports().catalog()
    names = sorted(catalog)
    start = _after(names, request.query.get("cursor"))
    page = names[start : start + limit]
    more = start + limit < len(names)
    return Response(
        {"items": [_summary(catalog[name]) for name in page], "next_cursor": page[-1] if more else None}
    )


@api.get("/v1/bots/{name}")
def show_bot(request: Request) -> Response:
    """One bot: what it may do, when it acts, its objective, and how well it does."""
    ports, manifest = _ports(), _manifest(request)
    hours = _hours(manifest, MONTH)
    return Response(views.detail(manifest, _pause(manifest), hours, ports.clock.now()))


@api.post("/v1/bots/{name}/pause")
def pause_bot(request: Request) -> Response:
    """Let a bot do nothing from its next action on; pausing a paused bot changes nothing."""
    return _switch(request, BotPauseRequested, paused=True)


@api.post("/v1/bots/{name}/resume")
def resume_bot(request: Request) -> Response:
    """Let a paused bot act again; resuming one that is not paused changes nothing."""
    return _switch(request, BotResumeRequested, paused=False)


def _switch(
    request: Request, wish: type[BotPauseRequested] | type[BotResumeRequested], *, paused: bool
) -> Response:
    reason = request.parse(Switch).reason
    manifest = _manifest(request)
    state = _pause(manifest)
    if state.paused is paused:
        return Response(views.switched(manifest.name, state))
    command = wish(bot=manifest.name, by=request.caller.shown, reason=reason)
    record = carry_out(bot, request, command, field="bot")
    return answer(record, views.switched(manifest.name, _pause(manifest)))


def _summary(manifest: Manifest) -> dict[str, Any]:
    today = within(_hours(manifest, DAY), _ports().clock.now(), DAY)
    return views.summary(manifest, _pause(manifest), today)


def _hours(manifest: Manifest, window: timedelta) -> Mapping[str, Tally]:
    if not manifest.actions:  # then the loop counts nothing
        return {}
    ports = _ports()
    now = ports.clock.now()
    return ports.statistics.hours(manifest.name, first_slot(now, window), slot(now))


def _pause(manifest: Manifest) -> Pause:
    if not manifest.actions:  # then there is nothing to hold
        return Pause()
    return Pause.parse(_ports().controls.read(pause_key(manifest.name)))


def _ports() -> Ports:
    return bot.wiring.ports


def _manifest(request: Request) -> Manifest:
    manifest = _ports().catalog().get(request.path["name"])
    if manifest is None:
        raise NotFoundError("there is no such bot", field="bot")
    return manifest


def _after(names: Sequence[str], cursor: str | None) -> int:
    """The place after a cursor, which is the last name of the page before."""
    if cursor is None:
        return 0
    if cursor not in names:
        raise ContractError("the cursor is not one that this list returned", field="cursor")
    return bisect_right(names, cursor)
