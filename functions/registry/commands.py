"""A pause and its end: each is an action through the loop."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from functions.registry import views
from functions.registry.handler import bot
from functions.registry.ports import Ports
from functions.registry.reading import find, pause_of, paused_actions
from writ.contracts.errors import NotFoundError
from writ.contracts.events.controls import (
    ActionPauseRequested,
    ActionResumeRequested,
    BotPauseRequested,
    BotResumeRequested,
)
from writ.contracts.redaction import redact_text
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response

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


def pause(request: Request, ports: Ports) -> Response:
    """Pause a bot; one that is paused stays as it is."""
    return _switch(request, ports, BotPauseRequested, paused=True)


def resume(request: Request, ports: Ports) -> Response:
    """End a pause; a bot that is not paused stays as it is."""
    return _switch(request, ports, BotResumeRequested, paused=False)


def pause_action(request: Request, ports: Ports) -> Response:
    """Pause one action of a bot; one that is paused stays as it is."""
    return _switch_action(request, ports, ActionPauseRequested, paused=True)


def resume_action(request: Request, ports: Ports) -> Response:
    """End the pause of an action; one that is not paused stays as it is."""
    return _switch_action(request, ports, ActionResumeRequested, paused=False)


def _switch_action(
    request: Request,
    ports: Ports,
    wish: type[ActionPauseRequested] | type[ActionResumeRequested],
    *,
    paused: bool,
) -> Response:
    reason = request.parse(Switch).reason
    manifest, name = find(request, ports), request.path["action"]
    if name not in manifest.actions:
        raise NotFoundError(f"{manifest.name} has no action {name}", field="action")
    state = paused_actions(manifest, ports)[name]
    if state.paused is paused:
        return Response(views.switched(manifest.name, state, name))
    command = wish(bot=manifest.name, action=name, by=request.caller.shown, reason=reason)
    record = carry_out(bot, request, command, field="action")
    return answer(record, views.switched(manifest.name, paused_actions(manifest, ports)[name], name))


def _switch(
    request: Request,
    ports: Ports,
    wish: type[BotPauseRequested] | type[BotResumeRequested],
    *,
    paused: bool,
) -> Response:
    reason = request.parse(Switch).reason
    manifest = find(request, ports)
    state = pause_of(manifest, ports)
    if state.paused is paused:
        return Response(views.switched(manifest.name, state))
    command = wish(bot=manifest.name, by=request.caller.shown, reason=reason)
    record = carry_out(bot, request, command, field="bot")
    return answer(record, views.switched(manifest.name, pause_of(manifest, ports)))
