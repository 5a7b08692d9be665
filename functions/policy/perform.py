"""The policy bot's effects: each replaces one document, together with the mark that it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from functions.policy import book, glass_perform, waiver_perform
from functions.policy.replacing import Kept, observe, replace
from writ.contracts.action import Action
from writ.contracts.event import EventData
from writ.contracts.events.policy import ExceptionGranted, ExceptionRevoked, FreezeDeclared, FreezeLifted
from writ.policy.controls import Freeze, PolicyException
from writ.policy.recurrence import Holidays
from writ.ports.controls import EXCEPTIONS, FREEZES
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.policy.ports import Ports

ItemT = TypeVar("ItemT", bound=Freeze | PolicyException)

_FREEZES: Final = Kept(FREEZES, Freeze)
_EXCEPTIONS: Final = Kept(EXCEPTIONS, PolicyException)


def declare_freeze(action: Action, ports: Ports) -> Observation:
    """Add the freeze. Fails as `conflict`, `conflict.full` or `contract.invalid` when it has ended."""
    freeze = _item(Freeze, action)
    return replace(action, ports, _FREEZES, lambda items, now: book.added(items, freeze, now))


def lift_freeze(action: Action, ports: Ports) -> Observation:
    """Take the freeze away. Fails as `not_found` when it has ended by itself."""
    id = action.target.id
    return replace(action, ports, _FREEZES, lambda items, now: book.removed(items, id, now))


def grant_exception(action: Action, ports: Ports) -> Observation:
    """Add the exception; it may have expired while the action waited for its approval, and then fails."""
    item = _item(PolicyException, action)
    return replace(action, ports, _EXCEPTIONS, lambda items, now: book.added(items, item, now))


def revoke_exception(action: Action, ports: Ports) -> Observation:
    """Take the exception away. Fails as `not_found` when it has expired by itself."""
    id = action.target.id
    return replace(action, ports, _EXCEPTIONS, lambda items, now: book.removed(items, id, now))


def _item(model: type[ItemT], action: Action) -> ItemT:
    return book.read(model, action.parameters[action.target.kind])


def _announce_declared(action: Action, _observed: Observation) -> Sequence[EventData]:
    freeze = _item(Freeze, action)
    fields = freeze.model_dump(mode="json", exclude={"declared_by"})
    if isinstance(freeze.repeats, Holidays):
        fields["repeats"] |= {"calendar": freeze.repeats.calendar.name}
    return [FreezeDeclared.model_validate({**fields, "by": freeze.declared_by})]


def _announce_granted(action: Action, _observed: Observation) -> Sequence[EventData]:
    granted = _item(PolicyException, action)
    fields = granted.model_dump(mode="json", exclude={"requested_by"})
    return [ExceptionGranted.model_validate({**fields, "by": granted.requested_by})]


def _announce_lifted(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [FreezeLifted.model_validate({**action.parameters, "id": action.target.id})]


def _announce_revoked(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [ExceptionRevoked.model_validate({**action.parameters, "id": action.target.id})]


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "declare-freeze": Effect(declare_freeze, observe, _announce_declared),
    "lift-freeze": Effect(lift_freeze, observe, _announce_lifted),
    "grant-exception": Effect(grant_exception, observe, _announce_granted),
    "revoke-exception": Effect(revoke_exception, observe, _announce_revoked),
    **glass_perform.ACTIONS,
    **waiver_perform.ACTIONS,
}
