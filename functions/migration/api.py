"""REST routes of migrations: ask for one, see how far it is, stop it, let it go on, take it back."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from functions.migration import views
from functions.migration.ports import Ports, connect
from writ.contracts.errors import NotFoundError
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

if TYPE_CHECKING:
    from writ.migration.state import Record

api = Api("migration")
handler = api.handler

_ID = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"


@api.get("/v1/migrations")
def list_migrations(request: Request) -> Response:
    """Migrations, open and over, and dry runs, by id."""
    found = {record.id: record for record in _ports().migrations.all()}
    names, following = request.page(sorted(found))
    now = _ports().clock.now()
    return Response({"items": [views.brief(found[name], now) for name in names], "next_cursor": following})


@api.post("/v1/migrations")
def start_migration(request: Request) -> Response:
    """Begin a migration, or with `dry_run` only look at what it would do. 409 while the table has another."""
    from functions.migration import commands

    return commands.start(request)


@api.get("/v1/migrations/{id}")
def show_migration(request: Request) -> Response:
    """How far a migration is, what it waits for, what it found, and what taking it back would mean."""
    from functions.migration import commands

    return Response(views.whole(_record(request), _ports(), commands.foreseen))


@api.post("/v1/migrations/{id}/pause")
def pause_migration(request: Request) -> Response:
    """Stop it where it is; once this is answered no item is written."""
    from functions.migration import commands

    return commands.pause(request)


@api.post("/v1/migrations/{id}/resume")
def resume_migration(request: Request) -> Response:
    """Let it go on. 409 where it is not paused."""
    from functions.migration import commands

    return commands.resume(request)


@api.post("/v1/migrations/{id}/abort")
def abort_migration(request: Request) -> Response:
    """End it where it is, and leave what was done."""
    from functions.migration import commands

    return commands.abort(request)


@api.post("/v1/migrations/{id}/reverse")
def reverse_migration(request: Request) -> Response:
    """Take it back, also after its end. 409 past a step that declares no reverse."""
    from functions.migration import commands

    return commands.reverse(request)


def _record(request: Request) -> Record:
    id = request.path["id"]
    record = _ports().migrations.read(id) if re.fullmatch(_ID, id) else None
    if record is None:
        raise NotFoundError("there is no such migration", field="id")
    return record


@cache
def _ports() -> Ports:
    return connect(current())
