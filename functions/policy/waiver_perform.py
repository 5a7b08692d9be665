"""The effects on exceptions to rules of gates, and the reminder, which only tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from functions.policy import book
from functions.policy.replacing import Kept, observe, replace
from writ.contracts.action import Action
from writ.contracts.event import EventData
from writ.contracts.events.policy import ExceptionExpiring, GateExceptionGranted, GateExceptionRevoked
from writ.policy.controls import GateException
from writ.ports.controls import GATE_EXCEPTIONS
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.policy.ports import Ports

_KEPT: Final = Kept(GATE_EXCEPTIONS, GateException)


def grant(action: Action, ports: Ports) -> Observation:
    """Add the exception; it may have expired while the action waited for its approval, and then fails."""
    item = _item(action)
    return replace(action, ports, _KEPT, lambda items, now: book.added(items, item, now))


def revoke(action: Action, ports: Ports) -> Observation:
    """Take the exception away. Fails as `not_found` when it has expired by itself."""
    id = action.target.id
    return replace(action, ports, _KEPT, lambda items, now: book.removed(items, id, now))


def remind(action: Action, _ports: Ports) -> Observation:
    """Nothing changes: the reminder is the event. Its effect key keeps it from being sent twice."""
    return {"hours": action.parameters["hours"]}


def _item(action: Action) -> GateException:
    return book.read(GateException, action.parameters["gate_exception"])


def _announce_granted(action: Action, _observed: Observation) -> Sequence[EventData]:
    granted = _item(action)
    fields = granted.model_dump(mode="json", exclude={"requested_by"})
    return [GateExceptionGranted.model_validate({**fields, "by": granted.requested_by})]


def _announce_revoked(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [GateExceptionRevoked.model_validate({**action.parameters, "id": action.target.id})]


def _announce_reminder(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [ExceptionExpiring.model_validate({**action.parameters, "id": action.target.id})]


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "grant-gate-exception": Effect(grant, observe, _announce_granted),
    "revoke-gate-exception": Effect(revoke, observe, _announce_revoked),
    "remind-of-expiry": Effect(remind, remind, _announce_reminder),
}
