"""What the routes of actions take and answer, for the description of the API."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, JsonValue

from functions.approvals.api import Answer
from writ.contracts.action import Approval, Decision, Outcome, Sha256, Target, Verdict
from writ.openapi.operation import Operation, Operations, Page, ShortPaging, Shown

State = Literal["succeeded", "failed", "denied", "expired", "waiting", "claimed"]


class ActionFilter(ShortPaging):
    """Which actions."""

    state: Annotated[State | None, Field(description="Those of this state alone")] = None
    bot: Annotated[str | None, Field(description="Those of this bot alone", max_length=48)] = None


class ActionSummary(Shown):
    """One action of a list; `code` is there once it has its outcome."""

    id: str
    bot: str
    name: str
    target: Target
    reason: str
    state: State
    verdict: Verdict
    created_at: AwareDatetime
    updated_at: AwareDatetime
    code: str | None = None


class Actor(Shown):
    """Who stands behind an action."""

    kind: str
    id: str


class ActionCause(Shown):
    """The event that an action was planned from."""

    event_type: str
    event_id: str
    actor: Actor
    trace: str | None


class Asked(Shown):
    """A person asked to decide, and the answer if there is one."""

    requested_at: AwareDatetime
    expires_at: AwareDatetime
    expired: bool
    answer: Approval | None


class ActionDetail(ActionSummary):
    """Everything about an action; `evidence` has the ids of its ledger entries, in order."""

    parameters: dict[str, JsonValue]
    blast_radius: int
    effect_key: Sha256
    attempt: int
    cause: ActionCause
    decision: Decision
    approval: Asked | None
    outcome: Outcome | None
    evidence: list[str]


class AnsweredAction(Approval):
    """The answer that stands, and where the action is by now."""

    id: str
    state: State


_ANSWERING: Final = (
    "not_found",
    "forbidden.four_eyes",
    "approval.*",
    "action.busy",
    "dependency.*",
    "conflict.*",
)

OPERATIONS: Final[Operations] = {
    "GET /v1/actions": Operation(Page[ActionSummary], query=ActionFilter),
    "GET /v1/actions/{id}": Operation(ActionDetail, errors=("not_found",)),
    "POST /v1/actions/{id}/approve": Operation(
        AnsweredAction, status=(200, 202), body=Answer, errors=_ANSWERING
    ),
    "POST /v1/actions/{id}/reject": Operation(
        AnsweredAction, status=(200, 202), body=Answer, errors=_ANSWERING
    ),
}
