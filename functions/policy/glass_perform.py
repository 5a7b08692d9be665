"""The effects of break-glass: each replaces one document, together with the mark that it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from functions.policy import book, glass
from functions.policy.replacing import Kept, observe, replace
from writ.contracts.action import Action
from writ.contracts.event import EventData
from writ.contracts.events.break_glass import (
    BreakGlassAsked,
    BreakGlassClosed,
    BreakGlassOpened,
    BreakGlassReviewed,
    BreakGlassReviewOverdue,
)
from writ.policy.break_glass import BreakGlass, Word
from writ.ports.controls import BREAK_GLASS
from writ.runtime import telemetry
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.policy.ports import Ports


_KEPT: Final = Kept(BREAK_GLASS, BreakGlass)


def ask(action: Action, ports: Ports) -> Observation:
    """Keep the request. Fails as `conflict` or `conflict.full`."""
    item = book.read(BreakGlass, action.parameters["break_glass"])
    return replace(action, ports, _KEPT, lambda items, now: glass.asked(items, item, now))


def approve(action: Action, ports: Ports) -> Observation:
    """Keep the approval. Fails as `forbidden.four_eyes`, `not_found`, or where it waits for none."""
    id, word = action.target.id, _word(action)
    observed = replace(
        action,
        ports,
        _KEPT,
        lambda items, now: glass.approved(items, id, word, now),
        seen=lambda items: _opened(glass.find(items, id)),
    )
    if "opened" in observed:
        telemetry.emit("policy", {"BreakGlassOpened": 1})
    return observed


def close(action: Action, ports: Ports) -> Observation:
    """End it. Fails as `conflict.…` when it has ended by itself."""
    id = action.target.id
    return replace(
        action,
        ports,
        _KEPT,
        lambda items, now: glass.closed(items, id, now),
        seen=lambda items: {"owner": glass.find(items, id).owner},
    )


def review(action: Action, ports: Ports) -> Observation:
    """Keep the review. Fails as `forbidden.four_eyes` or where there is nothing to review."""
    id, word = action.target.id, _word(action)
    return replace(
        action,
        ports,
        _KEPT,
        lambda items, now: glass.reviewed(items, id, word, now),
        seen=lambda items: {"owner": glass.find(items, id).owner},
    )


def report(action: Action, _ports: Ports) -> Observation:
    """Nothing is changed: the report is the event that follows, and a metric that an alarm is on."""
    telemetry.emit("policy", {"BreakGlassReviewsOverdue": 1})
    return {"hours": action.parameters["hours"]}


def _opened(item: BreakGlass) -> dict[str, Any]:
    """What the approval left behind: all that the second one opened, nothing of the kind after the first."""
    if item.ends_at is None or item.review_by is None:
        return {"approvals": len(item.approvals)}
    return {
        "approvals": len(item.approvals),
        "opened": {
            "rules": list(item.rules),
            "scope": item.scope.model_dump(),
            "owner": item.owner,
            "reason": item.asked.reason,
            "by": item.asked.by,
            "approvers": [word.by for word in item.approvals],
            "expires_at": item.ends_at.isoformat(),
            "review_by": item.review_by.isoformat(),
        },
    }


def _word(action: Action) -> Word:
    return book.read(Word, action.parameters["said"])


def _said(action: Action, observed: Observation) -> dict[str, Any]:
    word = _word(action)
    return {"id": action.target.id, "owner": observed["owner"], "reason": word.reason, "by": word.by}


def _announce_asked(action: Action, _observed: Observation) -> Sequence[EventData]:
    item = book.read(BreakGlass, action.parameters["break_glass"])
    fields = item.model_dump(mode="json", include={"id", "rules", "scope", "owner", "minutes"})
    return [BreakGlassAsked.model_validate({**fields, "by": item.asked.by, "reason": item.asked.reason})]


def _announce_opened(action: Action, observed: Observation) -> Sequence[EventData]:
    opened = observed.get("opened")
    if not isinstance(opened, dict):
        return []
    return [BreakGlassOpened.model_validate({**opened, "id": action.target.id})]


def _announce_closed(action: Action, observed: Observation) -> Sequence[EventData]:
    return [BreakGlassClosed.model_validate(_said(action, observed))]


def _announce_reviewed(action: Action, observed: Observation) -> Sequence[EventData]:
    return [BreakGlassReviewed.model_validate(_said(action, observed))]


def _announce_overdue(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [BreakGlassReviewOverdue.model_validate({**action.parameters, "id": action.target.id})]


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "ask-break-glass": Effect(ask, observe, _announce_asked),
    "approve-break-glass": Effect(approve, observe, _announce_opened),
    "close-break-glass": Effect(close, observe, _announce_closed),
    "review-break-glass": Effect(review, observe, _announce_reviewed),
    "report-overdue-review": Effect(report, report, _announce_overdue),
}
