"""What the routes of rollouts take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime

from functions.canary.commands import Abort, NewRollout
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown
from writ.rollout.decide import Health
from writ.rollout.kept import KeptLook, Verdict
from writ.rollout.plan import Group, Plan
from writ.rollout.signals import Watch
from writ.rollout.state import Entry, Kind, Result


class RolloutSummary(Shown):
    """A rollout in a list; `weight` is the part of 1 that the candidate is to have."""

    id: str
    service: str
    way: Literal["forward", "back"]
    driver: Literal["canary", "rollback"]
    baseline: str
    candidate: str
    state: str
    step: int | None
    steps: int
    weight: float
    final: Result | None
    healthy: bool | None
    reason: str
    started_at: AwareDatetime
    closed_at: AwareDatetime | None


class ComingMove(Shown):
    """What an open rollout does next and why; `what` is null while it waits.

    `action` is the one that a person answers. `health`, `verdict` and `seen` are what a look at its metrics
    says now.
    """

    what: Kind | None
    reason: str
    until: AwareDatetime | None
    action: str | None
    health: Health
    verdict: Verdict
    seen: list[str]


class RolloutDetail(RolloutSummary):
    """A rollout with what it was made of, its transitions, and the looks that decided them."""

    group: Group
    plan: Plan
    watch: Watch
    by: str
    repository: str | None
    pull_request: int | None
    trail: list[Entry]
    next: ComingMove | None
    looks: list[KeptLook]


class RolloutNamed(Shown):
    """A rollout that was begun."""

    id: str


class Reverting(Shown):
    """A rollout on its way back."""

    id: str
    state: Literal["reverting"]


OPERATIONS: Final[Operations] = {
    "GET /v1/rollouts": Operation(Page[RolloutSummary], query=Paging),
    "POST /v1/rollouts": Operation(
        RolloutSummary | RolloutNamed,
        status=(202,),
        body=NewRollout,
        acts=True,
        located=(202,),
        errors=("conflict.*", "not_found"),
    ),
    "GET /v1/rollouts/{id}": Operation(RolloutDetail, errors=("not_found", "dependency.*")),
    "POST /v1/rollouts/{id}/abort": Operation(
        Reverting, status=(202,), body=Abort, acts=True, located=(202,), errors=("conflict.*", "not_found")
    ),
}
