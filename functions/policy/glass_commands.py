"""What people say to break-glass: each word is an action through the loop."""

from __future__ import annotations

import re

from pydantic import ValidationError

from functions.policy import book
from functions.policy.handler import bot
from functions.policy.requests import NewBreakGlass, Reason
from writ.contracts.errors import NotFoundError, from_validation
from writ.contracts.events.break_glass import (
    BreakGlassApprovalGiven,
    BreakGlassCloseRequested,
    BreakGlassControl,
    BreakGlassRequested,
    BreakGlassReviewGiven,
)
from writ.policy.break_glass import APPROVALS
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response


def ask(request: Request) -> Response:
    """Ask two others to let rules be overridden; 409 when there is one of this id."""
    fields = request.parse(NewBreakGlass).model_dump(mode="json")
    command = BreakGlassRequested.model_validate({**fields, **_who(request)})
    record = carry_out(bot, request, command, field="id")
    done = {"id": command.id, "stage": "asked", "rules": command.rules, "minutes": command.minutes}
    return answer(record, done, status=201, location=f"/v1/break-glass/{command.id}")


def say(request: Request, kind: type[BreakGlassControl], done: str) -> Response:
    """One person's word on a break-glass, with the reason in the body."""
    reason = request.parse(Reason).reason
    return _carried(request, kind, reason, done)


def approve(request: Request) -> Response:
    """Approve it; the second approval opens it."""
    return say(request, BreakGlassApprovalGiven, "asked")


def review(request: Request) -> Response:
    """Say what was found in what was done."""
    return say(request, BreakGlassReviewGiven, "reviewed")


def close(request: Request) -> Response:
    """End it before its time; a DELETE carries no body, so the reason is in the query."""
    request.only(("reason",))
    try:
        reason = Reason.model_validate(dict(request.query)).reason
    except ValidationError as error:
        raise from_validation(error, "query") from None
    return _carried(request, BreakGlassCloseRequested, reason, "closed")


def _carried(request: Request, kind: type[BreakGlassControl], reason: str, done: str) -> Response:
    id = request.path["id"]
    if not re.fullmatch(book.ID, id):
        raise NotFoundError("there is none of this id", field="id")
    command = kind.model_validate({"id": id, "reason": reason, **_who(request)})
    record = carry_out(bot, request, command, field="id")
    observed = record.outcome.observed if record.outcome else {}
    opened, approvals = observed.get("opened"), observed.get("approvals")
    missing = APPROVALS - approvals if isinstance(approvals, int) else 0
    stage = "open" if opened else done
    return answer(record, {"id": id, "stage": stage, "missing": missing, "opened": opened})


def _who(request: Request) -> dict[str, str]:
    return {"by": request.caller.shown, "person": request.caller.id[:128]}
