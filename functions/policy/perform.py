"""The policy bot's effects: each replaces one document, together with the mark that it happened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from functions.policy import book
from writ.contracts.action import Action
from writ.contracts.errors import (
    ConflictError,
    ContractError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from writ.contracts.event import EventData
from writ.contracts.events.policy import ExceptionGranted, ExceptionRevoked, FreezeDeclared, FreezeLifted
from writ.policy.controls import Freeze, PolicyException
from writ.ports.controls import EXCEPTIONS, FREEZES, Key
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.policy.ports import Ports

ItemT = TypeVar("ItemT", bound=Freeze | PolicyException)
Change = Callable[[Sequence[ItemT], datetime], Sequence[ItemT]]

_ROUNDS: Final = 5
_REFUSALS: Final = (ConflictError, ContractError, NotFoundError)


def declare_freeze(action: Action, ports: Ports) -> Observation:
    """Add the freeze. Fails as `conflict`, `conflict.full` or `contract.invalid` when it has ended."""
    freeze = _item(Freeze, action)
    return _replace(action, ports, FREEZES, Freeze, lambda items, now: book.added(items, freeze, now))


def lift_freeze(action: Action, ports: Ports) -> Observation:
    """Take the freeze away. Fails as `not_found` when it has ended by itself."""
    id = action.target.id
    return _replace(action, ports, FREEZES, Freeze, lambda items, now: book.removed(items, id, now))


def grant_exception(action: Action, ports: Ports) -> Observation:
    """Add the exception; it may have expired while the action waited for its approval, and then fails."""
    item = _item(PolicyException, action)
    return _replace(
        action, ports, EXCEPTIONS, PolicyException, lambda items, now: book.added(items, item, now)
    )


def revoke_exception(action: Action, ports: Ports) -> Observation:
    """Take the exception away. Fails as `not_found` when it has expired by itself."""
    id = action.target.id
    return _replace(
        action, ports, EXCEPTIONS, PolicyException, lambda items, now: book.removed(items, id, now)
    )


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the action's effect left behind, or None when it has not happened."""
    return ports.controls.applied(action.id)


def _replace(
    action: Action, ports: Ports, key: Key, model: type[ItemT], change: Change[ItemT]
) -> Observation:
    for _ in range(_ROUNDS):
        before = ports.controls.read(key)
        try:
            after = change(book.parse(model, before), ports.clock.now())
        except _REFUSALS as error:
            # A write that was acknowledged to nobody makes its own second attempt look impossible.
            if (earlier := ports.controls.applied(action.id)) is not None:
                return earlier
            raise PermanentError(error.message, code=error.code, field=error.field) from None
        text = book.dump(after)
        observed = {"count": len(after), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        try:
            return ports.controls.replace(key, before, text, action_id=action.id, observed=observed)
        except ConflictError:
            continue
    raise TransientError(f"{'/'.join(key)} kept changing", code="dependency.contended")


def _item(model: type[ItemT], action: Action) -> ItemT:
    return book.read(model, action.parameters[action.target.kind])


def _announce_declared(action: Action, _observed: Observation) -> Sequence[EventData]:
    freeze = _item(Freeze, action)
    fields = freeze.model_dump(mode="json", exclude={"declared_by"})
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
}
