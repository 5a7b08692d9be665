"""What the routes of migrations take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime, Field

from functions.migration.commands import NewMigration, Why
from writ.migration.document import Migration
from writ.migration.state import Counts, Mark, Pause, Sample, Stage
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown


class MigrationProgress(Shown):
    """Items seen of those there are, and the seconds that are left; null where that is unknown."""

    done: int | None
    items: int | None
    seconds: int | None


class MigrationSummary(Shown):
    """A migration in a list, and which shape the application is to write and to read."""

    id: str
    service: str
    table: str
    state: Literal["surveyed", "done", "reversed", "aborted", "halted", "paused", "reversing", "running"]
    stage: Stage
    dry_run: bool
    writes: Literal["old", "both", "new"]
    reads: Literal["old", "new"]
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    by: str
    progress: MigrationProgress


class Held(Shown):
    """Why policy does not let the next move be made now: not at all, or not without a person."""

    verdict: Literal["deny", "review", "unknown"]
    code: str
    message: str


class NextMove(Shown):
    """What comes next and why; `what` is null while it waits. `held` is null where policy allows it now."""

    what: str | None
    reason: str
    until: AwareDatetime | None
    held: Held | None


class WayBack(Shown):
    """What taking it back would mean, or why it cannot be."""

    stages: list[Stage]
    refused: str | None


class MigrationDetail(MigrationSummary):
    """Everything that is known of a migration; samples are masked."""

    document: Migration
    next: NextMove
    pause: Pause | None
    back: str | None
    pass_: int | None = Field(alias="pass")
    batches: int | None
    counts: Counts | None
    unfit: list[str]
    samples: list[Sample]
    stages: list[Mark]
    old_version_can_read: bool
    way_back: WayBack


class MigrationNamed(Shown):
    """A migration that was asked for."""

    id: str


_TOLD: Final = Operation(
    MigrationSummary | MigrationNamed,
    status=(202,),
    body=Why,
    acts=True,
    located=(202,),
    errors=("not_found", "conflict", "conflict.*", "migration.*"),
)

OPERATIONS: Final[Operations] = {
    "GET /v1/migrations": Operation(Page[MigrationSummary], query=Paging),
    "POST /v1/migrations": Operation(
        MigrationSummary | MigrationNamed,
        status=(202,),
        body=NewMigration,
        acts=True,
        located=(202,),
        errors=("conflict", "conflict.*", "migration.*", "not_found"),
    ),
    "GET /v1/migrations/{id}": Operation(MigrationDetail, errors=("not_found", "dependency.*")),
    "POST /v1/migrations/{id}/pause": _TOLD,
    "POST /v1/migrations/{id}/resume": _TOLD,
    "POST /v1/migrations/{id}/abort": _TOLD,
    "POST /v1/migrations/{id}/reverse": _TOLD,
}
