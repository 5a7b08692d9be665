"""What people ask of rollouts: each is an action in their name."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from functions.canary import views
from functions.canary.handler import bot
from writ.contracts.errors import NOT_BLANK, NotFoundError
from writ.contracts.events.rollouts import RolloutAbortRequested, RolloutRequested
from writ.contracts.rollout_id import ROLLOUT_ID
from writ.rollout.acting import gate_id
from writ.rollout.decide import Look, next_move
from writ.rollout.state import Kind, Rollout
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response

_Document = dict[str, JsonValue]


class NewRollout(BaseModel):
    """A release and how it is rolled out; without a plan by 5, 25 and 50 %."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    group: _Document
    release: _Document
    plan: _Document | None = None
    watch: _Document
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,39}/[A-Za-z0-9_.-]{1,100}$")] | None = None
    pull_request: Annotated[int, Field(ge=1)] | None = None


class Abort(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=NOT_BLANK)]


def start(request: Request) -> Response:
    """Start a rollout, and answer where to see how far it is."""
    asked = request.parse(NewRollout)
    caller = request.caller
    command = RolloutRequested.model_validate(
        {**asked.model_dump(), "by": caller.shown, "by_id": caller.id[:128]}
    )
    record = carry_out(bot, request, command, field="group.service")
    id = None if record.outcome is None else str(record.outcome.observed["rollout"])
    done: dict[str, Any] | None = None
    if id is not None:
        rollout = bot.wiring.ports.rollouts.find(id)
        done = {"id": id} if rollout is None else views.brief(rollout)
    return answer(record, done, status=202, location=id and f"/v1/rollouts/{id}")


def abort(request: Request) -> Response:
    """Have it reverted."""
    asked, id = request.parse(Abort), request.path["id"]
    if not re.fullmatch(ROLLOUT_ID, id):
        raise NotFoundError("there is no open rollout of this id", field="id")
    command = RolloutAbortRequested(rollout=id, reason=asked.reason, by=request.caller.shown)
    record = carry_out(bot, request, command, field="id")
    return answer(record, {"id": id, "state": "reverting"}, status=202, location=f"/v1/rollouts/{id}")


def expected(rollout: Rollout, look: Look, now: datetime) -> dict[str, Any]:
    """What an open rollout does next, or waits for, by a look at it; a gate is the action of a person."""
    move = next_move(rollout, look, now)
    return {
        "what": move.kind and move.kind.value,
        "reason": move.reason,
        "until": move.until and move.until.isoformat(timespec="seconds"),
        "action": gate_id(rollout.driver, rollout, move.asked) if move.kind is Kind.GATE else None,
        "health": look.health.value,
        "verdict": look.verdict.value,
        "seen": list(look.reasons),
    }


def coming(rollout: Rollout) -> dict[str, Any]:
    """What an open rollout does next, by a look at it now."""
    wiring = bot.wiring
    return expected(rollout, wiring.ports.observer.look(rollout), wiring.clock.now())
