"""Taking a person's answer: recorded once, attested, then published, whatever crashes in between."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from writ.contracts.action import ASKED_BY, Approval
from writ.contracts.errors import BusyError, ConflictError, ContendedError, NotFoundError, WritError
from writ.ports.actions import ActionRecord, ActionStore, Phase
from writ.ports.approvals import ApprovalRequest, ApprovalStore

if TYPE_CHECKING:
    from writ.runtime.answers import Answers

# Longer than this function may run: by then it has made the answer known, or the reconciler has to.
GRACE: Final = timedelta(seconds=60)
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class Desk:
    """Where answers are taken."""

    actions: ActionStore
    approvals: ApprovalStore
    answers: Answers


@dataclass(frozen=True, slots=True)
class Taken:
    """An action and the answer to it that stands."""

    record: ActionRecord
    answer: Approval


def take(action_id: str, given: Approval, known_as: Collection[str], desk: Desk) -> Taken:
    """Record an answer and make it known; the same answer of the same person again goes on from there.

    `known_as` are the ids and names of whoever answers. Nobody approves what he asked for himself, but
    he may withdraw it by rejecting it.

    Raises
    ------
    NotFoundError
        There is no such action.
    ConflictError
        `approval.not_asked`, `approval.settled` (another answer stands) or `approval.expired`.
    WritError
        `forbidden.four_eyes`.
    BusyError
        The action is not waiting yet; try again later.
    """
    for _ in range(_ROUNDS):
        record = find(action_id, desk.actions)
        request = desk.approvals.get(action_id)
        if request is None:
            raise ConflictError(f"{action_id} needs no approval", code="approval.not_asked")
        if request.answer is not None:
            return _make_known(record, request.answer, given, desk)
        _require_open(record, request, given, known_as)
        try:
            desk.actions.advance(record, _watched(record, given))
            desk.approvals.answer(action_id, given)
        except ConflictError:
            continue  # somebody else moved it: look again, it may even have been this answer
    raise ContendedError(f"{action_id} kept changing", code="approval.contended")


def find(action_id: str, actions: ActionStore) -> ActionRecord:
    """The record of an action. Raises NotFoundError."""
    record = actions.get(action_id)
    if record is None:
        raise NotFoundError(f"no action {action_id}", field="id")
    return record


def _require_open(
    record: ActionRecord, request: ApprovalRequest, given: Approval, known_as: Collection[str]
) -> None:
    if request.expired or given.at >= request.expires_at:
        message = f"the time to answer ended at {request.expires_at.isoformat()}"
        raise ConflictError(message, code="approval.expired")
    if given.approved and not _asked_by(record).isdisjoint(known_as):
        raise WritError("whoever asked for an action cannot approve it", code="forbidden.four_eyes")
    if record.phase is not Phase.WAITING:
        raise BusyError(f"{record.action.id} does not wait yet")


def _asked_by(record: ActionRecord) -> set[str]:
    """Whoever asked for an action: the person behind its event, and the one that it names."""
    cause, named = record.cause, record.action.parameters.get(ASKED_BY)
    behind = {cause.actor_id} if cause.actor_kind == "person" else set()
    return behind | ({named} if isinstance(named, str) else set())


def _watched(record: ActionRecord, given: Approval) -> ActionRecord:
    """The record, due for the reconciler soon: should this attempt die, it finishes what is begun here."""
    return record.after(given.at, lease_until=min(record.lease_until, given.at + GRACE))


def _make_known(record: ActionRecord, stands: Approval, given: Approval, desk: Desk) -> Taken:
    if (stands.by, stands.approved) != (given.by, given.approved):
        word = "approved" if stands.approved else "rejected"
        raise ConflictError(f"{stands.by} has {word} it already", code="approval.settled")
    if record.phase is not Phase.CLOSED:
        desk.answers.publish(record, stands)
    return Taken(record, stands)
