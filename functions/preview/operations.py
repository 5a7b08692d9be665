"""What the routes of previews take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final

from pydantic import AwareDatetime

from functions.preview.model import Goal, State
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown, Why


class PreviewSummary(Shown):
    """A preview in a list: `commit` is what it shows, `wanted` what it is to show."""

    id: str
    repository: str
    pull_request: int
    team: str
    template: str
    state: State
    commit: str | None
    wanted: str | None
    url: str | None
    expires_at: AwareDatetime
    problem: str | None
    resource: str | None


class PreviewDetail(PreviewSummary):
    """A preview with its goal, its flow's name and its cost in millionths of a US dollar."""

    goal: Goal
    run: str
    seed: str | None
    cost_usd_micros: int
    opened_at: AwareDatetime
    ends_at: AwareDatetime
    changed_at: AwareDatetime


OPERATIONS: Final[Operations] = {
    "GET /v1/previews": Operation(Page[PreviewSummary], query=Paging),
    "GET /v1/previews/{id}": Operation(PreviewDetail, errors=("not_found",)),
    "POST /v1/previews/{id}/extend": Operation(
        PreviewSummary | None, acts=True, errors=("conflict.*", "not_found")
    ),
    "DELETE /v1/previews/{id}": Operation(
        PreviewSummary | None,
        status=(202,),
        query=Why,
        acts=True,
        located=(202,),
        errors=("conflict.*", "not_found"),
    ),
}
