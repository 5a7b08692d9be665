"""What the routes of dependency bumps answer, for the description of the API."""

from __future__ import annotations

from typing import Any, Final

from pydantic import AwareDatetime

from functions.dependencies.model import HeldBack, State, Trial
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown


class BumpSummary(Shown):
    """The latest bump of a group; `shown` is how many of its `steps` are on the branch now."""

    repository: str
    group: str
    state: State
    pull_request: int | None
    branch: str
    steps: list[str]
    shown: int
    security: bool
    early: bool
    opened_at: AwareDatetime


class BumpDetail(BumpSummary):
    """A bump with what checks said of its members."""

    trials: list[Trial]


class RepositoryBumps(Shown):
    """What is proposed, held back and withheld in a repository; `overview` is empty before a look."""

    repository: str
    bumps: list[BumpDetail]
    held_back: list[HeldBack]
    overview: dict[str, Any]


OPERATIONS: Final[Operations] = {
    "GET /v1/bumps": Operation(Page[BumpSummary], query=Paging),
    "GET /v1/bumps/{owner}/{name}": Operation(RepositoryBumps, errors=("not_found",)),
}
