"""What the routes of the backlog take and answer, for the description of the API."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from functions.backlog.commands import ScoreRequest
from functions.backlog.score import Method, Quadrant
from functions.backlog.task import Changes, Draft, Estimate, Evidence, Scored, Scores, Source, Status
from writ.openapi.operation import Operation, Operations, Page, ShortPaging, Shown


class TaskFilter(ShortPaging):
    """Which tasks, in which order."""

    sort: Literal["-score", "score", "-updated", "updated"] = "-score"
    method: Annotated[Method, Field(description="How `score` is computed")] = "rice"
    status: Status | None = None
    owner: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    source: Source | None = None
    min_score: Annotated[float | None, Field(ge=0, description="By RICE")] = None
    q: Annotated[str | None, Field(min_length=1, max_length=100, description="Text of the title")] = None


class TaskShown(Estimate):
    """A task with its score by one method, and what the score is made of."""

    id: str
    title: str
    source: Source
    dedup_key: str
    repository: str | None
    owner: str
    bot: str | None
    status: Status
    occurrences: int
    last_seen: AwareDatetime
    scores: Scores
    quadrant: Quadrant
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    score: float
    method: Method
    times_per_month: float
    hours_per_month: float
    confidence: float


class DetailedTaskShown(TaskShown):
    """A task with the newest of its evidence and of its scores."""

    evidence: list[Evidence]
    history: list[Scored]


class HoursShown(Shown):
    """Hours a month: what is saved by what is automated, and what could be."""

    hours_saved: float
    hours_potential: float


class TotalHours(HoursShown):
    """Hours of all tasks."""

    tasks: int


class TaskHours(HoursShown):
    """Hours of one task."""

    id: str
    title: str
    status: Status
    bot: str | None
    owner: str


class BotHours(TotalHours):
    """Hours of a bot's tasks."""

    bot: str


class OwnerHours(TotalHours):
    """Hours of an owner's tasks."""

    owner: str


class Leaderboard(Shown):
    """The best tasks, bots and owners."""

    total: TotalHours
    tasks: list[TaskHours]
    bots: list[BotHours]
    owners: list[OwnerHours]


class Best(Shown):
    """How many of each."""

    limit: Annotated[int, Field(ge=1, le=100)] = 10


OPERATIONS: Final[Operations] = {
    "GET /v1/backlog": Operation(Page[TaskShown], query=TaskFilter),
    "POST /v1/backlog": Operation(
        DetailedTaskShown,
        status=(201,),
        body=Draft,
        acts=True,
        etag=True,
        located=(201,),
        errors=("conflict", "not_found"),
    ),
    "GET /v1/backlog/leaderboard": Operation(Leaderboard, query=Best),
    "GET /v1/backlog/{id}": Operation(
        DetailedTaskShown, etag=True, if_none_match=True, errors=("not_found",)
    ),
    "PATCH /v1/backlog/{id}": Operation(
        DetailedTaskShown,
        body=Changes,
        acts=True,
        etag=True,
        if_match="required",
        errors=("conflict", "not_found", "precondition_failed", "precondition_required"),
    ),
    "POST /v1/backlog/{id}/score": Operation(
        DetailedTaskShown,
        body=ScoreRequest,
        body_required=False,
        acts=True,
        etag=True,
        if_match="optional",
        errors=("conflict", "not_found", "precondition_failed"),
    ),
}
