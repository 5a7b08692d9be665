"""REST routes of actions and of the answers that people give to them."""

import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions.approvals import cursor, views
from functions.approvals.listing import STATES, Query, read_page
from functions.approvals.ports import connect
from writ.contracts.action import Approval
from writ.contracts.errors import ContractError, NotFoundError
from writ.contracts.redaction import redact_text
from writ.runtime.rest import Api, Request, Response

api = Api("approvals")
handler = api.handler

_PARAMETERS: Final = ("bot", "cursor", "limit", "state")


class Answer(BaseModel):
    """Why a person answers as he does."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    reason: Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=500)]


@api.get("/v1/actions")
def list_actions(request: Request) -> Response:
    """Actions of the last 31 days, newest first; those of an open state by their deadline."""
    query = _query(request)
    limit = request.integer("limit", 20, low=1, high=100)
    text = request.query.get("cursor")
    place = None if text is None else cursor.resume(query, text)
    ports = connect()
    page = read_page(query, limit, place, ports.clock.now(), ports.listing)
    return Response(
        {
            "items": [views.summary(record) for record in page.records],
            "next_cursor": None if page.rest is None else cursor.issue(query, page.rest),
        }
    )


@api.get("/v1/actions/{id}")
def show_action(request: Request) -> Response:
    """One action: decision, approval, outcome, and which entries of the ledger prove them."""
    from functions.approvals.answer import find
    from writ.contracts.statement import Phase, entry_id

    id = _id(request)
    desk = connect().desk()
    record = find(id, desk.actions)
    entries = [entry_id(id, phase) for phase in Phase]
    durable = [entry for entry in entries if desk.answers.evidence.get(entry) is not None]
    return Response(views.detail(record, desk.approvals.get(id), durable))


@api.post("/v1/actions/{id}/approve")
def approve_action(request: Request) -> Response:
    """Let a waiting action go on."""
    return _answer(request, approved=True)


@api.post("/v1/actions/{id}/reject")
def reject_action(request: Request) -> Response:
    """Close a waiting action without its effect."""
    return _answer(request, approved=False)


def _answer(request: Request, *, approved: bool) -> Response:
    from functions.approvals.answer import take

    id, said = _id(request), request.parse(Answer)
    caller, ports = request.caller, connect()
    given = Approval(
        approved=approved,
        by=caller.id[:128],
        at=ports.clock.now(),
        reason=redact_text(said.reason)[:500],
    )
    body, status = views.answered(take(id, given, {given.by, caller.name, caller.shown}, ports.desk()))
    return Response(body, status)


def _query(request: Request) -> Query:
    given = request.query
    request.only(_PARAMETERS)
    if (state := given.get("state")) is not None and state not in STATES:
        raise ContractError(f"state is one of {', '.join(STATES)}", field="state")
    if (bot := given.get("bot")) is not None and not re.fullmatch(r"[a-z][a-z0-9-]{0,47}", bot):
        raise ContractError("bot is a bot's name", field="bot")
    return Query(state=state, bot=bot)


def _id(request: Request) -> str:
    id = request.path["id"]
    if not re.fullmatch(r"act-[0-9a-f]{32}", id):
        raise NotFoundError("no such action", field="id")
    return id
