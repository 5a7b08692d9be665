"""What people ask of migrations: each is an action in their name."""

import re
import uuid
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from functions.migration import views
from functions.migration.handler import bot
from functions.migration.plan import document_of
from writ.contracts.action import Action, Decision
from writ.contracts.errors import NOT_BLANK, NotFoundError
from writ.contracts.event import EventData
from writ.contracts.events.migrations import (
    MigrationAbortRequested,
    MigrationControl,
    MigrationPauseRequested,
    MigrationRequested,
    MigrationResumeRequested,
    MigrationReverseRequested,
)
from writ.contracts.redaction import redact_text
from writ.ports.actions import Cause
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response

_ID = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"


class NewMigration(BaseModel):
    """A document, and whether it is only to be looked at."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    document: dict[str, JsonValue]
    dry_run: bool = False


class Why(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=NOT_BLANK)]


def start(request: Request) -> Response:
    """Begin one, and answer where to see how far it is. A dry run has an id of its own every time."""
    asked = request.parse(NewMigration)
    id = document_of(asked.document).id
    if asked.dry_run:
        id = f"{id}-plan-{uuid.uuid4().hex[:8]}"
    command = MigrationRequested(
        migration=id,
        document=asked.document,
        dry_run=asked.dry_run,
        by=request.caller.shown,
        by_id=request.caller.id[:128],
    )
    return _answered(request, command, id, "document.table")


def pause(request: Request) -> Response:
    """Stop it where it is."""
    return _told(request, MigrationPauseRequested)


def resume(request: Request) -> Response:
    """Let it go on."""
    return _told(request, MigrationResumeRequested)


def abort(request: Request) -> Response:
    """End it where it is."""
    return _told(request, MigrationAbortRequested)


def reverse(request: Request) -> Response:
    """Take it back."""
    return _told(request, MigrationReverseRequested)


def foreseen(action: Action) -> Decision:
    """How policy would decide on an action of a migration's flow now; it is not taken."""
    cause = Cause("MigrationAdvanced.v1", "")
    return bot.wiring.loop.decide(action, cause, bot.wiring.clock.now(), None)


def _told(request: Request, kind: type[MigrationControl]) -> Response:
    asked, id = request.parse(Why), request.path["id"]
    if not re.fullmatch(_ID, id) or len(id) > 64:
        raise NotFoundError("there is no such migration", field="id")
    reason = redact_text(asked.reason)[:500]
    return _answered(request, kind(migration=id, reason=reason, by=request.caller.shown), id, "id")


def _answered(request: Request, command: EventData, id: str, field: str) -> Response:
    record = carry_out(bot, request, command, field=field)
    ports = bot.wiring.ports
    found = ports.migrations.read(id)
    done: dict[str, Any] = {"id": id} if found is None else views.brief(found, ports.clock.now())
    return answer(record, done, status=202, location=f"/v1/migrations/{id}")
