"""What the routes of policy take and answer, for the description of the API."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import AwareDatetime

from functions.policy.requests import NewBreakGlass, NewException, NewFreeze, NewGateException, Reason
from writ.contracts.action import Decision, Sha256
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown, Why
from writ.policy.break_glass import Stage
from writ.policy.controls import ExceptionScope, Freeze, FreezeScope, GateException, PolicyException, Window
from writ.policy.recurrence import Recurrence


class PolicyModule(Shown):
    """A module of the bundle."""

    path: str
    package: str
    entrypoints: list[str]


class BundleShown(Shown):
    """The bundle that decides; `window_open` is null where the windows cannot be read."""

    digest: Sha256
    modules: list[PolicyModule]
    windows: list[Window]
    zones: str
    window_open: bool | None
    window: str | None
    waivable: list[str]
    breakable: list[str]


class Span(Shown):
    """From when until when; the end is not included."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


class FreezeShown(Shown):
    """A freeze that has not ended; `occurrence` is when it holds, now or next."""

    id: str
    scope: FreezeScope
    owner: str
    reason: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    declared_by: str
    in_force: bool
    repeats: Recurrence | None = None
    occurrence: Span | None


class Ended(Shown):
    """Something that was ended before its time."""

    id: str
    state: Literal["lifted", "revoked"]


class WordShown(Shown):
    """What a person said."""

    by: str
    at: AwareDatetime
    reason: str


class BreakGlassShown(Shown):
    """One break-glass, with what was said and where it stands."""

    id: str
    rules: list[str]
    scope: ExceptionScope
    owner: str
    minutes: int
    ends_at: AwareDatetime | None
    stage: Stage
    asked: WordShown
    approvals: list[WordShown]
    answer_by: AwareDatetime
    review_by: AwareDatetime | None
    review: WordShown | None


class BreakGlassAsked(Shown):
    """A break-glass that waits for two approvals."""

    id: str
    stage: Literal["asked"]
    rules: list[str]
    minutes: int


class BreakGlassOpening(Shown):
    """What the second approval opened, until when, and by when it has to be looked at."""

    rules: list[str]
    scope: ExceptionScope
    owner: str
    reason: str
    by: str
    approvers: list[str]
    expires_at: AwareDatetime
    review_by: AwareDatetime


class BreakGlassTold(Shown):
    """A break-glass after a word on it: how many approvals it still waits for, and what that word opened."""

    id: str
    stage: Literal["asked", "open", "reviewed", "closed"]
    missing: int
    opened: BreakGlassOpening | None


_ASKING: Final = ("conflict", "conflict.*", "not_found")
_TOLD: Final = Operation(BreakGlassTold, body=Reason, acts=True, errors=_ASKING)
_ENDING: Final = Operation(Ended, query=Why, acts=True, errors=_ASKING)


def _asking(answer: Any, body: Any) -> Operation:
    return Operation(answer, status=(201,), body=body, acts=True, located=(201,), errors=_ASKING)


OPERATIONS: Final[Operations] = {
    "POST /v1/policy/decisions": Operation(Decision, body=dict[str, Any]),
    "GET /v1/policy/bundle": Operation(BundleShown),
    "GET /v1/policy/freezes": Operation(Page[FreezeShown], query=Paging, errors=("dependency.*",)),
    "POST /v1/policy/freezes": _asking(Freeze, NewFreeze),
    "DELETE /v1/policy/freezes/{id}": _ENDING,
    "GET /v1/policy/exceptions": Operation(Page[PolicyException], query=Paging, errors=("dependency.*",)),
    "POST /v1/policy/exceptions": _asking(PolicyException, NewException),
    "DELETE /v1/policy/exceptions/{id}": _ENDING,
    "GET /v1/policy/gate-exceptions": Operation(Page[GateException], query=Paging, errors=("dependency.*",)),
    "POST /v1/policy/gate-exceptions": _asking(GateException, NewGateException),
    "DELETE /v1/policy/gate-exceptions/{id}": _ENDING,
    "GET /v1/break-glass": Operation(Page[BreakGlassShown], query=Paging, errors=("dependency.*",)),
    "POST /v1/break-glass": _asking(BreakGlassAsked, NewBreakGlass),
    "POST /v1/break-glass/{id}/approve": _TOLD,
    "POST /v1/break-glass/{id}/review": _TOLD,
    "DELETE /v1/break-glass/{id}": Operation(BreakGlassTold, query=Why, acts=True, errors=_ASKING),
}
